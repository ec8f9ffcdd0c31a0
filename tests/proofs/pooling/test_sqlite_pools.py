import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection, Engine, event
from sqlalchemy.util import await_only

from async_db.watching import Service


@pytest.mark.rule("pooling/sqlite-pools")
async def test_a_request_cannot_undo_what_another_has_written(
    service: Service, stored: Callable[[], Awaitable[int]]
) -> None:
    with first_commit_held() as (reached, gate):
        creating = asyncio.create_task(service.request("POST", "/orders", {"reference": "A-1"}))
        await reached.wait()
        await service.request("GET", "/orders/404")
        gate.set()
        created = await creating

    observed = f"{created.status}, {await stored()} stored"
    assert observed == "201, 1 stored", observed


@contextmanager
def first_commit_held() -> Iterator[tuple[asyncio.Event, asyncio.Event]]:
    """Hold the first COMMIT until the second event is set; the first says that it has come."""
    reached, gate = asyncio.Event(), asyncio.Event()

    def hold(_: Connection) -> None:
        if not reached.is_set():
            reached.set()
            await_only(gate.wait())

    event.listen(Engine, "commit", hold)
    try:
        yield reached, gate
    finally:
        event.remove(Engine, "commit", hold)
