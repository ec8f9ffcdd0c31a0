from fastapi import FastAPI, Request
from sqlalchemy.ext.asyncio import async_sessionmaker
from starlette.middleware.base import BaseHTTPMiddleware

sessions = async_sessionmaker()
app = FastAPI()


@app.middleware("http")
async def with_session(request: Request, call_next):
    async with sessions() as session:  # expect: proven
        request.state.session = session
        return await call_next(request)


class Sessions(BaseHTTPMiddleware):
    async def dispatch(self, request, call_next):
        async with sessions.begin() as request.state.session:  # expect: proven
            return await call_next(request)


class Plain:
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        async with sessions() as session:  # expect: proven
            scope["state"]["session"] = session
            await self.app(scope, receive, send)
