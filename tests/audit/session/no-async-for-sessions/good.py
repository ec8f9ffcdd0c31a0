from contextlib import asynccontextmanager

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

sessions = async_sessionmaker()


@asynccontextmanager
async def opened():
    async with sessions() as session:
        yield session


async def use(session: AsyncSession):
    async with opened() as other:
        async for row in await session.stream(select(1)):
            await other.merge(row)


async def numbers():
    yield 1


async def count():
    async for number in numbers():
        print(number)
