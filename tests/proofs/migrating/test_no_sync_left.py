import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest
from sqlalchemy import Engine, event

from app.database.engine import Database
from app.orders.models import Order
from async_db.watching import Service

pytestmark = [
    pytest.mark.rule("migrating/no-sync-left"),
    pytest.mark.usefixtures("sync_drivers_give_up"),
]


async def test_other_tasks_go_on_while_a_statement_runs(service: Service) -> None:
    turns = 0

    async def count_turns() -> None:
        nonlocal turns
        for _ in range(10_000_000):
            turns += 1
            await asyncio.sleep(0)

    before: list[int] = []
    during: list[int] = []
    counting = asyncio.create_task(count_turns())
    with (
        on_insert("before_cursor_execute", lambda: before.append(turns)),
        on_insert("after_cursor_execute", lambda: during.append(turns - before[-1])),
    ):
        await service.request("POST", "/orders", {"reference": "A-1"})
    counting.cancel()
    with suppress(asyncio.CancelledError):
        await counting

    observed = f"the loop went on while the INSERT ran: {during[0] > 0}"
    assert observed == "the loop went on while the INSERT ran: True", observed


async def test_a_task_can_release_what_a_request_waits_for(
    service: Service, real_database: Database
) -> None:
    sent = asyncio.Event()
    async with real_database.sessions() as holder:
        # PostgreSQL makes a second such reference wait until this one is decided; SQLite any write.
        holder.add(Order(reference="A-1"))
        await holder.flush()
        with on_insert("before_cursor_execute", sent.set, or_on="BEGIN IMMEDIATE"):
            request = asyncio.create_task(service.request("POST", "/orders", {"reference": "A-1"}))
            await sent.wait()
        await holder.rollback()
        exchange = await request

    observed = f"{exchange.status} for a request that waits for another task"
    assert observed == "201 for a request that waits for another task", observed


@contextmanager
def on_insert(name: str, call: Callable[[], None], or_on: str = "INSERT") -> Iterator[None]:
    """Call whenever an INSERT is sent, or has been answered; or what begins otherwise."""

    def listener(connection: object, cursor: object, statement: str, *rest: object) -> None:
        if statement.startswith(("INSERT", or_on)):
            call()

    event.listen(Engine, name, listener)
    try:
        yield
    finally:
        event.remove(Engine, name, listener)
