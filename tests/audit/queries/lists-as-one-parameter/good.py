from typing import Annotated

from pydantic import Field
from sqlalchemy import ARRAY, BigInteger, any_, delete, insert, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import Key, Row

KINDS = ("a", "b")


async def expire(session: AsyncSession, oldest):
    await session.execute(delete(Key).where(Key.created_at < oldest))
    old = select(Key.id).where(Key.created_at < oldest)
    await session.execute(delete(Key).where(Key.id.in_(old)))


async def store(session: AsyncSession, rows: list[dict[str, object]], row: dict[str, object]):
    await session.execute(insert(Row), rows)
    await session.execute(insert(Row).values(row))
    await session.execute(insert(Row).values(name="a"))
    await session.execute(insert(Row).values([{"name": "a"}, {"name": "b"}]))


async def read(session: AsyncSession, ids: list[int], few: Annotated[list[int], Field(max_length=100)]):
    await session.scalars(select(Row).where(Row.id == any_(literal(ids, ARRAY(BigInteger)))))
    await session.scalars(select(Row).where(Row.id.in_(few)))
    await session.scalars(select(Row).where(Row.kind.in_(KINDS)))
    await session.scalars(select(Row).where(Row.kind.in_(["a", "b"])))
    await session.scalars(select(Row).where(Row.kind.in_([kind.upper() for kind in ("a", "b")])))


async def page(session: AsyncSession):
    ids = (await session.scalars(select(Key.id).limit(100))).all()
    await session.scalars(select(Row).where(Row.id.in_(ids)))
    statement = select(Key).order_by(Key.id).limit(100)
    keys = (await session.scalars(statement)).all()
    await session.scalars(select(Row).where(Row.key_id.in_([key.id for key in keys])))


async def remove(session: AsyncSession, batch: list[Row]):
    await session.execute(delete(Row).where(Row.id.in_([row.id for row in batch])))
    await session.execute(insert(Row).values([{"name": row.name} for row in batch]))
