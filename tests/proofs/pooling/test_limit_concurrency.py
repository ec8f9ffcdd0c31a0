import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from app.database.engine import Database
from async_db.watching import Serve, Service


@pytest.mark.rule("pooling/limit-concurrency")
async def test_imports_leave_connections_to_others(
    serve_with_pool_of: Serve,
    held: Callable[..., AbstractContextManager[tuple[asyncio.Semaphore, asyncio.Event]]],
) -> None:
    async with serve_with_pool_of(2, imports_at_once=1) as service:
        slots = service.state["import_slots"] = Slots(service.state["import_slots"])
        with held("before_cursor_execute", is_insert) as (_, gate):
            imports = []
            for number in range(2):
                body = [{"reference": f"A-{number}"}]
                imported = service.request("POST", "/orders/import", body)
                imports.append(asyncio.create_task(imported))
                await connected_or_waiting(service, slots, number + 1)
            read = await service.request("GET", "/orders")
            gate.set()
            statuses = [(await task).status for task in imports]

    observed = f"while two imports are under way, a read is answered: {read.status}"
    assert observed == "while two imports are under way, a read is answered: 200", observed
    assert statuses == [200, 200]


class Slots:
    """The service's own semaphore, which tells whether somebody has had to wait."""

    def __init__(self, semaphore: asyncio.Semaphore) -> None:
        self.semaphore = semaphore
        self.waited = False

    async def acquire(self) -> None:
        self.waited = self.waited or self.semaphore.locked()
        await self.semaphore.acquire()

    def release(self) -> None:
        self.semaphore.release()


def is_insert(_connection: object, _cursor: object, statement: str, *_: object) -> bool:
    return statement.startswith("INSERT")


async def connected_or_waiting(service: Service, slots: Slots, imports: int) -> None:
    """Wait until each import has its connection, or one waits for its turn to have one."""
    database: Database = service.state["database"]
    async with asyncio.timeout(30):
        # Asked again and again, since the pool tells nobody that a connection is taken.
        while database.pool_use().in_use < imports and not slots.waited:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
