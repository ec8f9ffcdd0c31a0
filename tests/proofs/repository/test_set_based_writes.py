import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from async_db.watching import Service

Held = Callable[..., AbstractContextManager[tuple[asyncio.Semaphore, asyncio.Event]]]

pytestmark = pytest.mark.rule("repository/set-based-writes")


async def test_of_two_increases_none_is_lost(service: Service, held: Held) -> None:
    path = await an_order(service, [{"sku": "bolt", "quantity": 1}])

    observed = await two_at_once(service, path, held)

    assert observed == "200 and 200, quantity: 1 + 1 + 1 = 3", observed


async def test_of_two_first_ones_none_is_refused(service: Service, held: Held) -> None:
    path = await an_order(service, [])

    observed = await two_at_once(service, path, held)

    assert observed == "200 and 200, quantity: 0 + 1 + 1 = 2", observed


async def an_order(service: Service, items: list[dict[str, object]]) -> str:
    body = {"reference": "A-1", "items": items}
    return f"/orders/{(await service.request('POST', '/orders', body)).json()['id']}"


async def two_at_once(service: Service, path: str, held: Held) -> str:
    """Add one bolt twice, where the second is all done just before the first comes to write."""
    before = await quantity(service, path)
    bolt = {"sku": "bolt", "quantity": 1}
    with held("before_cursor_execute", first_write()) as (reached, gate):
        first = asyncio.create_task(service.request("POST", f"{path}/items", bolt))
        await asyncio.wait_for(reached.acquire(), 30)
        second = await service.request("POST", f"{path}/items", bolt)
        gate.set()
        statuses = f"{(await first).status} and {second.status}"
    return f"{statuses}, quantity: {before} + 1 + 1 = {await quantity(service, path)}"


async def quantity(service: Service, path: str) -> int:
    items = (await service.request("GET", path)).json()["items"]
    return sum(item["quantity"] for item in items)


def first_write() -> Callable[..., bool]:
    """Tell of the first write of an item, and of no other statement."""
    written = False

    def is_first(connection: object, cursor: object, statement: str, *rest: object) -> bool:
        nonlocal written
        first = statement.startswith(("INSERT", "UPDATE")) and not written
        written = written or first
        return first

    return is_first
