import asyncio

from fastapi import Depends, FastAPI
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

app = FastAPI()
sessions = async_sessionmaker()


async def get_session():
    async with sessions() as session:
        yield session


@app.post("/orders")
async def add(session: AsyncSession = Depends(get_session)):
    await session.commit()


class Limit:
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        async with asyncio.timeout(5):
            await self.app(scope, receive, send)
