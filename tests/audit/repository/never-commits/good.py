from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker


class OrderRepository:
    def __init__(self, session: AsyncSession):
        self._session = session

    async def add(self, order):
        self._session.add(order)
        await self._session.flush()


class UnitOfWork:
    def __init__(self, session: AsyncSession):
        self._session = session

    async def finish(self):
        await self._session.commit()


class Scope:
    session: AsyncSession

    async def __aenter__(self): ...

    async def __aexit__(self, *error):
        await self.session.commit()


class Importer:
    sessions = async_sessionmaker()

    async def run(self):
        async with self.sessions() as session:
            await session.commit()


async def job(session: AsyncSession):
    await session.commit()
