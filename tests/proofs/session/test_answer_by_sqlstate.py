from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import insert, text

from app.database.engine import Database
from app.database.session import SessionDep
from app.orders.models import OrderItem
from async_db.watching import Serve

# Resources: disk, memory, connections. Lost to another: serialization, deadlock. Limits: lock, statement.
FOR_NOW = ("53100", "53200", "53300", "40001", "40P01", "55P03", "57014")


@pytest.mark.rule("session/answer-by-sqlstate")
async def test_each_error_is_answered_as_what_it_is(
    serve_with_pool_of: Serve, real_database: Database
) -> None:
    async with serve_with_pool_of(1) as service, table_to_alter(real_database):

        @service.app.post("/errors/{state}")
        async def fail(state: str, session: SessionDep) -> None:
            if state not in FOR_NOW:
                raise ValueError(state)
            await session.execute(
                text(f"do $$ begin raise exception 'no' using errcode = '{state}'; end $$")
            )

        @service.app.get("/altered")
        async def read(session: SessionDep) -> list[int]:
            return [row[0] for row in await session.execute(text("select * from altered"))]

        @service.app.post("/dangling")
        async def add_an_item_of_nothing(session: SessionDep) -> None:
            await session.execute(insert(OrderItem).values(order_id=0, sku="bolt", quantity=1))

        answers = {
            state: (await service.request("POST", f"/errors/{state}")).status for state in FOR_NOW
        }
        await service.request("GET", "/altered")
        async with real_database.engine.begin() as connection:
            await connection.execute(text("alter table altered add column m integer"))
        cached = [(await service.request("GET", "/altered")).status for _ in range(2)]
        dangling = (await service.request("POST", "/dangling")).status

    now = sorted({status or 0 for status in answers.values()})
    observed = f"refused for now: {now}; a schema changed: {cached}; a dangling key: {dangling}"
    expected = "refused for now: [503]; a schema changed: [503, 200]; a dangling key: 409"
    assert observed == expected, observed


@asynccontextmanager
async def table_to_alter(database: Database) -> AsyncIterator[None]:
    async with database.engine.begin() as connection:
        await connection.execute(text("create table altered (n integer)"))
    yield
    async with database.engine.begin() as connection:
        await connection.execute(text("drop table altered"))
