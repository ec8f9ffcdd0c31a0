import asyncio

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

LIMIT = asyncio.Semaphore(3)


async def limited(coroutine):
    async with LIMIT:
        return await coroutine


class Cards:
    async def _orders(self, session: AsyncSession):
        return await session.scalar(select(1))

    async def _users(self, session: AsyncSession):
        return await session.scalar(select(2))

    async def all(self, session: AsyncSession):
        async with asyncio.TaskGroup() as group:
            group.create_task(limited(self._orders(session)))  # expect: proven
            group.create_task(limited(self._users(session)))  # expect: proven
