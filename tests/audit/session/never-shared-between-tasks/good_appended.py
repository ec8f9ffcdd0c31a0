import asyncio

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

sessions = async_sessionmaker()


class Insights:
    def __init__(self, factory):
        self.factory = factory

    async def one(self, name):
        async with sessions() as session:
            return await self.factory(session).read(name)

    async def all(self, session: AsyncSession, names):
        tasks = []
        tasks.append(self.one("a"))
        tasks.append(self.one("b"))
        return await asyncio.gather(*tasks)
