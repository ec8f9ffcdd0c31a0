from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

app = FastAPI()
sessions = async_sessionmaker()


async def lines(rows):
    yield ""


async def pages(factory):
    async with factory() as session:
        yield await session.scalar(select(1))


@app.get("/")
async def read(session: AsyncSession):
    rows = (await session.scalars(select(1))).all()
    return StreamingResponse(lines(rows))


@app.get("/pages")
async def paged():
    async def own():
        async with sessions() as session:
            yield await session.scalar(select(1))

    StreamingResponse(own())
    return StreamingResponse(pages(sessions))
