import asyncio

import anyio
from fastapi import Depends, FastAPI, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from starlette.middleware.base import BaseHTTPMiddleware

app = FastAPI()
sessions = async_sessionmaker()


async def get_session():
    async with sessions() as session:
        yield session


@app.post("/orders")
async def add(session: AsyncSession = Depends(get_session)):
    await session.commit()


@app.middleware("http")
async def limited(request: Request, call_next):
    try:
        return await asyncio.wait_for(call_next(request), timeout=5)  # expect: proven
    except TimeoutError:
        return Response(status_code=504)


class Limit(BaseHTTPMiddleware):
    async def dispatch(self, request, call_next):
        async with asyncio.timeout(5):
            response = await call_next(request)  # expect: proven
        return response


class AnyLimit(BaseHTTPMiddleware):
    async def dispatch(self, request, call_next):
        with anyio.fail_after(5):
            return await call_next(request)  # expect: proven


async def somewhere(request, call_next):
    with anyio.move_on_after(5):
        return await call_next(request)  # expect: suspected
    return Response(status_code=504)
