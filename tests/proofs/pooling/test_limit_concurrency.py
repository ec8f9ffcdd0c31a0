import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from async_db.watching import Serve


@pytest.mark.rule("pooling/limit-concurrency")
async def test_imports_leave_connections_to_others(
    serve_with_pool_of: Serve,
    held: Callable[..., AbstractContextManager[tuple[asyncio.Semaphore, asyncio.Event]]],
) -> None:
    async with serve_with_pool_of(2, imports_at_once=1) as service:
        slots = service.state["import_slots"] = Slots(service.state["import_slots"])
        with held("before_cursor_execute", is_insert) as (inserts, gate):
            imports = []
            for number in range(2):
                body = [{"reference": f"A-{number}"}]
                imported = service.request("POST", "/orders/import", body)
                imports.append(asyncio.create_task(imported))
                await inserting_or_waiting(inserts, slots)
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

    async def acquire(self) -> None:
        if self.semaphore.locked():
            self.waits.release()
        await self.semaphore.acquire()

    def release(self) -> None:
        self.semaphore.release()


def is_insert(_connection: object, _cursor: object, statement: str, *_: object) -> bool:
    return statement.startswith("INSERT")


async def inserting_or_waiting(inserts: asyncio.Semaphore, slots: Slots) -> None:
    """Wait until one more import has its connection, or waits for its turn to have one."""
    either = [asyncio.create_task(event.acquire()) for event in (inserts, slots.waits)]
    await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    for task in either:
        task.cancel()
