import asyncio

from fastapi import Depends, FastAPI, Request
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

app = FastAPI()
sessions = async_sessionmaker()


async def get_session():
    async with sessions() as session:
        yield session


@app.post("/orders")
async def add(session: AsyncSession = Depends(get_session)):
    await session.commit()


async def note(request: Request) -> None: ...


@app.middleware("http")
async def noted(request: Request, call_next):
    async with asyncio.timeout(1):
        await note(request)
    response = await call_next(request)
    await asyncio.wait_for(note(request), 1)
    return response
