from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession


async def use(session: AsyncSession, orders, ids):
    for order in orders:
        await session.refresh(order, ["items"])  # expect: suspected
    for id_ in ids:
        await session.get(object, id_)  # expect: suspected
