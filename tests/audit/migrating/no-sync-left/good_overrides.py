# --- m.py
from abc import ABC, abstractmethod

from sqlalchemy.ext.asyncio import AsyncSession


class Port(ABC):
    @abstractmethod
    async def load(self): ...


class Sql(Port):
    def __init__(self, session: AsyncSession):
        self.session = session

    async def load(self):
        return await self.session.get(object, 1)


async def later(session: AsyncSession, group):
    group.create_task(session.commit())
    session.add(object())
    found = session.get(object, 1)
    async for row in await session.stream(object):
        print(row)
    return (await found), (await session.scalars(object)).all()


def passes(session: AsyncSession):
    return session.flush()


async def use(port: Port):
    return await port.load()
