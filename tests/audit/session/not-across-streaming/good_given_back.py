from io import BytesIO

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


@app.get("/closed")
async def closed(session: AsyncSession = Depends(get_session)):
    code = await session.scalar(select(1))
    await session.close()
    return StreamingResponse(events(code))


@app.get("/function")
async def function(session: AsyncSession = Depends(get_session, scope="function")):
    code = await session.scalar(select(1))
    return StreamingResponse(events(code))


@app.get("/file")
async def file(session: AsyncSession = Depends(get_session)):
    await session.scalar(select(1))
    return StreamingResponse(BytesIO(b"small"))
