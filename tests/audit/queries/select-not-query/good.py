from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import relationship


async def moved(session: AsyncSession, client):
    client.query("select 1")
    return await session.scalars(select(object))


class Order:
    items = relationship("Item", lazy="raise")
