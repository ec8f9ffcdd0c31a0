import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager

import pytest

from async_db.watching import Service


@pytest.mark.rule("pooling/sqlite-pools")
async def test_a_request_cannot_undo_what_another_has_written(
    service: Service,
    stored: Callable[[], Awaitable[int]],
    held: Callable[..., AbstractContextManager[tuple[asyncio.Semaphore, asyncio.Event]]],
) -> None:
    with held("commit") as (reached, gate):
        creating = asyncio.create_task(service.request("POST", "/orders", {"reference": "A-1"}))
        await reached.acquire()
        await service.request("GET", "/orders/404")
        gate.set()
        created = await creating

    observed = f"{created.status}, {await stored()} stored"
    assert observed == "201, 1 stored", observed
