from sqlalchemy.ext.asyncio import AsyncSession


class Base:
    def __init__(self, session: AsyncSession):
        self._session = session


class OrderRepository(Base):
    async def add(self, order):
        self._session.add(order)
        await self._session.commit()  # expect: proven


class CRUDBase:
    async def create(self, db: AsyncSession):
        await db.commit()  # expect: proven


class Orders(Base):
    async def add(self):
        await self._session.commit()  # expect: review
