import asyncio

from sqlalchemy.ext.asyncio import AsyncSession


class Users:
    def __init__(self, session: AsyncSession):
        self.session = session

    async def read(self): ...


async def fetch(url): ...


async def all(session: AsyncSession):
    users = Users(session)
    await asyncio.gather(users.read(), fetch("a"), fetch("b"))
