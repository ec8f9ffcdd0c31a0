# requires: fastapi==0.115.0
from fastapi import Depends, FastAPI
from fastapi.responses import StreamingResponse
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

app = FastAPI()
sessions = async_sessionmaker()


async def get_session():
    async with sessions() as session:
        yield session


async def events(code):
    yield code


@app.get("/")
async def read(session: AsyncSession = Depends(get_session)):
    return StreamingResponse(events(await session.scalar(select(1))))
