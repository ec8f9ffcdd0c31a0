from fastapi import FastAPI, Request
from sqlalchemy import select
from sqlalchemy.ext.asyncio import async_sessionmaker

sessions = async_sessionmaker()
app = FastAPI()


@app.middleware("http")
async def short(request: Request, call_next):
    async with sessions() as session:
        await session.scalar(select(1))
    return await call_next(request)
