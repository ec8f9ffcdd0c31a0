from fastapi import Depends, FastAPI
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

app = FastAPI()
sessions = async_sessionmaker()


async def get_session():
    async with sessions() as session:
        yield session


@app.post("/imports/{number}")
async def run(number: int, session: AsyncSession = Depends(get_session)):
    await session.execute(text("SELECT pg_advisory_lock(:number)"), {"number": number})  # expect: suspected


@app.post("/exports/{number}")
async def export(number: int, session: AsyncSession = Depends(get_session)):
    return await session.scalar(select(func.pg_try_advisory_lock_shared(number)))  # expect: suspected
