import asyncio

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

sessions = async_sessionmaker()


async def one(session: AsyncSession): ...


async def own(id_):
    async with sessions() as session:
        await one(session)


async def use(session: AsyncSession, client, ids):
    await one(session)
    await asyncio.gather(*[own(id_) for id_ in ids])
    await asyncio.gather(one(session), client.get("/"))
    await asyncio.gather(client.get("/"), client.get("/"))
    async with asyncio.TaskGroup() as group:
        group.create_task(own(1))


async def each_its_own(first: AsyncSession, second: AsyncSession):
    await asyncio.gather(one(first), one(second))
