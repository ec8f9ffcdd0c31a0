import asyncio

from sqlalchemy.ext.asyncio import AsyncSession


class Insights:
    def __init__(self, factory):
        self.factory = factory

    async def all(self, session: AsyncSession, wanted):
        retriever = self.factory(session)
        tasks = []
        if "wikipedia" in wanted:
            tasks.append(retriever.wikipedia())
        if "library" in wanted:
            tasks.append(retriever.library())
        return await asyncio.gather(*tasks, return_exceptions=True)  # expect: suspected


class Counts:
    async def orders(self, session: AsyncSession): ...

    async def all(self, session: AsyncSession):
        tasks = []
        tasks.append(self.orders(session))
        tasks.append(self.orders(session))
        await asyncio.gather(*tasks)  # expect: proven
