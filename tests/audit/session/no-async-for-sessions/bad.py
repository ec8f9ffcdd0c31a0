from collections.abc import AsyncIterator, Iterator

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlalchemy.orm import Session

sessions = async_sessionmaker()


async def get_session() -> AsyncIterator[AsyncSession]:
    async with sessions() as session:
        yield session


def get_db():
    with Session() as session:
        yield session


async def use():
    async for session in get_session():  # expect: proven
        await session.commit()


def job():
    for db in get_db():  # expect: proven
        db.commit()
    db = next(get_db())  # expect: suspected
    db.commit()
