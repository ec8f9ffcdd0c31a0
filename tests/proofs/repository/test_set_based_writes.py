import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection, Engine, event
from sqlalchemy.util import await_only

from async_db.watching import Service

pytestmark = pytest.mark.rule("repository/set-based-writes")


async def test_of_two_increases_none_is_lost(service: Service) -> None:
    path = await an_order(service, [{"sku": "bolt", "quantity": 1}])

    observed = await two_at_once(service, path)

    assert observed == "200 and 200, quantity: 1 + 1 + 1 = 3", observed


async def test_of_two_first_ones_none_is_refused(service: Service) -> None:
    path = await an_order(service, [])

    observed = await two_at_once(service, path)

    assert observed == "200 and 200, quantity: 0 + 1 + 1 = 2", observed


async def an_order(service: Service, items: list[dict[str, object]]) -> str:
    body = {"reference": "A-1", "items": items}
    return f"/orders/{(await service.request('POST', '/orders', body)).json()['id']}"


async def two_at_once(service: Service, path: str) -> str:
    """Add one bolt twice, where the second is all done just before the first comes to write."""
    before = await quantity(service, path)
    bolt = {"sku": "bolt", "quantity": 1}
    with first_write_held() as (reached, gate):
        first = asyncio.create_task(service.request("POST", f"{path}/items", bolt))
        await asyncio.wait_for(reached.wait(), 30)
        second = await service.request("POST", f"{path}/items", bolt)
        gate.set()
        statuses = f"{(await first).status} and {second.status}"
    return f"{statuses}, quantity: {before} + 1 + 1 = {await quantity(service, path)}"


async def quantity(service: Service, path: str) -> int:
    items = (await service.request("GET", path)).json()["items"]
    return sum(item["quantity"] for item in items)


@contextmanager
def first_write_held() -> Iterator[tuple[asyncio.Event, asyncio.Event]]:
    """Hold the first write of an item until the second event is set; the first tells of it."""
    reached, gate = asyncio.Event(), asyncio.Event()

    def hold(connection: Connection, cursor: object, statement: str, *rest: object) -> None:
        if statement.startswith(("INSERT", "UPDATE")) and not reached.is_set():
            reached.set()
            await_only(gate.wait())

    event.listen(Engine, "before_cursor_execute", hold)
    try:
        yield reached, gate
    finally:
        event.remove(Engine, "before_cursor_execute", hold)
