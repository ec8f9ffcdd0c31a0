import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event
from sqlalchemy.util import await_only

from async_db.watching import Serve

TWO = {"database_pool_size": 2, "database_max_overflow": 0, "database_pool_timeout": 0.05}


@pytest.mark.rule("pooling/limit-concurrency")
async def test_imports_leave_connections_to_others(serve: Serve) -> None:
    async with serve(**TWO, imports_at_once=1) as service:
        slots = service.state["import_slots"] = Slots(service.state["import_slots"])
        with inserts_held() as (held, gate):
            imports = []
            for number in range(2):
                body = [{"reference": f"A-{number}"}]
                imported = service.request("POST", "/orders/import", body)
                imports.append(asyncio.create_task(imported))
                await held_or_waiting(held, slots)
            read = await service.request("GET", "/orders")
            gate.set()
            statuses = [(await task).status for task in imports]

    observed = f"while two imports are under way, a read is answered: {read.status}"
    assert observed == "while two imports are under way, a read is answered: 200", observed
    assert statuses == [200, 200]


class Slots:
    """The service's own semaphore, with a count of those who have had to wait."""

    def __init__(self, semaphore: asyncio.Semaphore) -> None:
        self.semaphore = semaphore
        self.waits = asyncio.Semaphore(0)

    async def __aenter__(self) -> None:
        if self.semaphore.locked():
            self.waits.release()
        await self.semaphore.acquire()

    async def __aexit__(self, *_: object) -> None:
        self.semaphore.release()


async def held_or_waiting(held: asyncio.Semaphore, slots: Slots) -> None:
    """Wait until one more import has its connection, or waits for its turn to have one."""
    either = [asyncio.create_task(one.acquire()) for one in (held, slots.waits)]
    await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    for task in either:
        task.cancel()


@contextmanager
def inserts_held() -> Iterator[tuple[asyncio.Semaphore, asyncio.Event]]:
    """Hold every INSERT until the event is set; the semaphore is released for each."""
    held, gate = asyncio.Semaphore(0), asyncio.Event()

    def hold(_: Connection, __: Any, statement: str, *___: Any) -> None:
        if statement.startswith("INSERT"):
            held.release()
            await_only(gate.wait())

    event.listen(Engine, "before_cursor_execute", hold)
    try:
        yield held, gate
    finally:
        event.remove(Engine, "before_cursor_execute", hold)
