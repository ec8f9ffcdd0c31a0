import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sqlalchemy import select, text

from app.database.engine import Database
from app.database.session import SessionDep
from app.orders.models import Order
from async_db.watching import Exchange, Serve, Service

pytestmark = pytest.mark.rule("pooling/server-side-timeouts")


async def test_a_wait_for_a_lock_ends(serve: Serve, real_database: Database) -> None:
    async with serve(database_lock_timeout=0.1) as service:
        order = (await service.request("POST", "/orders", {"reference": "A-1"})).json()
        async with real_database.engine.connect() as connection:
            await connection.execute(select(Order).with_for_update())
            path = f"/orders/{order['id']}"
            async with requested(service, "PUT", path, {"reference": "A-2"}) as request:
                observed = f"behind a lock that is held: {await answer(request, real_database)}"
                await connection.rollback()
    assert observed == "behind a lock that is held: 503", observed


async def test_a_statement_without_end_ends(serve: Serve, real_database: Database) -> None:
    async with serve(database_statement_timeout=0.1) as service:

        @service.app.get("/slow")
        async def slow(session: SessionDep) -> None:
            await session.execute(text("select pg_sleep(3600)"))

        async with requested(service, "GET", "/slow") as request:
            observed = f"a statement without end: {await answer(request, real_database)}"
            await end_what_sleeps(real_database)
    assert observed == "a statement without end: 503", observed


async def test_a_transaction_left_idle_gives_its_locks_back(
    serve: Serve, real_database: Database
) -> None:
    called, back = asyncio.Event(), asyncio.Event()
    async with serve(database_idle_in_transaction_timeout=0.1) as service:

        @service.app.post("/call")
        async def call_somebody_with_a_row_locked(session: SessionDep) -> None:
            await session.execute(select(Order).with_for_update())
            called.set()
            await back.wait()

        await service.request("POST", "/orders", {"reference": "A-1"})
        async with requested(service, "POST", "/call") as request:
            await called.wait()
            others = asyncio.create_task(lock_all(real_database))
            idle = "idle in transaction"
            ended = await is_ended(others, idle, real_database)
            back.set()
            await others
        held = "given back" if ended else "still held"
    observed = f"lock of an idle transaction: {held}, then {request.result().status}"
    assert observed == "lock of an idle transaction: given back, then 503", observed


@asynccontextmanager
async def requested(
    service: Service, method: str, path: str, body: object = None
) -> AsyncIterator[asyncio.Task[Exchange]]:
    """Have a request under way in the block, at the end of which it is answered one way or other."""
    request = asyncio.create_task(service.request(method, path, body))
    yield request
    await request


async def is_ended(task: asyncio.Task[Any], state: str, database: Database) -> bool:
    """Wait until the task is done, or the server has let something be for ten times its limit.

    It is the server's clock that counts, however busy this machine is.
    """
    overdue = text(
        "select count(*) from pg_stat_activity where datname = current_database()"
        " and state = :state and state_change < clock_timestamp() - interval '1 second'"
    )
    while not task.done():
        async with database.engine.connect() as connection:
            if await connection.scalar(overdue, {"state": state}):
                return task.done()
        await asyncio.sleep(0.01)
    return True


async def answer(request: asyncio.Task[Exchange], database: Database) -> str:
    ended = await is_ended(request, "active", database)
    return str(request.result().status) if ended else "no answer"


async def lock_all(database: Database) -> None:
    async with database.engine.connect() as connection:
        await connection.execute(text("set local lock_timeout = 0"))
        await connection.execute(select(Order).with_for_update())


async def end_what_sleeps(database: Database) -> None:
    sleeping = (
        "select pg_cancel_backend(pid) from pg_stat_activity where query ~ '^select pg_sleep'"
    )
    async with database.engine.connect() as connection:
        await connection.execute(text(sleeping))
