from fastapi import FastAPI
from sqlalchemy import delete, insert, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.database import SessionDep
from app.models import Key, Row

app = FastAPI()


async def expire(session: AsyncSession):
    ids = (await session.scalars(select(Key.id))).all()
    await session.execute(delete(Key).where(Key.id.in_(ids)))  # expect: review


async def of_orders(session: AsyncSession, oldest):
    statement = select(Key).where(Key.created_at < oldest)
    keys = await session.scalars(statement)
    await session.scalars(select(Row).where(Row.key_id.in_([key.id for key in keys])))  # expect: review
    await session.scalars(select(Row).where(Row.key_id.not_in({key.id for key in keys.all()})))  # expect: review


@app.post("/rows")
async def store(session: SessionDep, entries: list[dict[str, object]], ids: list[int]):
    await session.execute(insert(Row).values(entries))  # expect: suspected
    rows = [{"name": entry["name"]} for entry in entries]
    await session.execute(pg_insert(Row).values(rows).on_conflict_do_nothing())  # expect: suspected
    statement = postgresql.insert(Row).values([dict(row) for row in rows])  # expect: suspected
    await session.execute(statement)
    await session.scalars(select(Row).where(Row.id.in_(set(ids))))  # expect: review
