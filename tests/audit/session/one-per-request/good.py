import requests
from fastapi import FastAPI, Request
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

sessions = async_sessionmaker()
http = requests.Session()
current: AsyncSession | None = None
app = FastAPI()
app.state.sessions = sessions


class Repository:
    session: AsyncSession

    def __init__(self, session: AsyncSession):
        self.session = session


async def middleware(request: Request, call_next):
    request.state.session = sessions()
    return await call_next(request)
