import asyncio

from sqlalchemy import select
from sqlalchemy.ext.asyncio import async_sessionmaker

sessions = async_sessionmaker()


async def limited(coroutine):
    return await coroutine


async def count(factory):
    async with factory() as session:
        return await session.scalar(select(1))


async def all():
    async with asyncio.TaskGroup() as group:
        group.create_task(limited(count(sessions)))
        group.create_task(limited(count(sessions)))
