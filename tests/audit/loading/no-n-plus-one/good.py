from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession


async def use(session: AsyncSession, orders, ids, statements):
    for order in await session.scalars(select(object)):
        session.add(order)
    for order in orders:
        await session.delete(order)
    for part in ("a", "b"):
        await session.scalar(select(part))
    for start in range(0, 100, 10):
        await session.scalars(select(object).offset(start))
    for statement in statements:
        await session.execute(statement)
