from collections.abc import Awaitable, Callable

import pytest

from app.database.engine import Database
from app.orders.models import Order, OrderItem
from async_db.watching import Exchange, Service


@pytest.mark.rule("session/reading-sessions")
async def test_what_only_reads_takes_one_round_trip(
    round_trips: Callable[[Callable[[Service, int], Awaitable[Exchange]]], Awaitable[int]],
    real_database: Database,
) -> None:
    order = Order(reference="A-1", items=[OrderItem(sku="bolt", quantity=1)])
    async with real_database.sessions.begin() as session:
        session.add(order)

    listed = await round_trips(lambda service, _: service.request("GET", "/orders"))
    read = await round_trips(lambda service, _: service.request("GET", f"/orders/{order.id}"))

    observed = f"round trips of a list: {listed}, of one with its items: {read}"
    assert observed == "round trips of a list: 1, of one with its items: 1", observed
