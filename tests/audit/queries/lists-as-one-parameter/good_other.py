from itertools import batched

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import Row


def settings(config, rows: list[str]):
    config.values(rows)
    return {"a": 1}.values()


async def in_parts(session: AsyncSession, ids: list[int], rows: list[dict[str, object]]):
    for some in batched(ids, 1000):
        await session.scalars(select(Row).where(Row.id.in_(some)))
    for start in range(0, len(rows), 1000):
        await session.execute(insert(Row).values(rows[start : start + 1000]))


async def change(session: AsyncSession, values: dict[str, object]):
    await session.execute(update(Row).values(values))
    await session.execute(update(Row).values(**values))
