import asyncio

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession


async def one(session: AsyncSession): ...


class Service:
    def __init__(self, session: AsyncSession):
        self.session = session

    async def both(self, ids):
        await asyncio.gather(one(self.session), one(self.session))  # expect: proven
        await asyncio.gather(*[one(self.session) for _ in ids])  # expect: proven


async def use(session: AsyncSession, ids):
    await asyncio.gather(session.scalar(select(1)), one(session))  # expect: proven
    tasks = [one(session) for _ in ids]
    await asyncio.gather(*tasks)  # expect: proven
    asyncio.create_task(one(session))  # expect: suspected
    async with asyncio.TaskGroup() as group:
        for _ in ids:
            group.create_task(one(session))  # expect: proven
