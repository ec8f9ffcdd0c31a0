from collections.abc import Awaitable, Callable

import pytest

from app.database.engine import Database
from app.orders.models import Order, OrderItem
from async_db.watching import Exchange, Service


@pytest.mark.rule("repository/update-in-one-statement")
async def test_a_change_is_one_statement_and_what_it_shows(
    round_trips: Callable[[Callable[[Service, int], Awaitable[Exchange]]], Awaitable[int]],
    real_database: Database,
) -> None:
    order = Order(reference="A-1", items=[OrderItem(sku="bolt", quantity=1)])
    async with real_database.sessions.begin() as session:
        session.add(order)

    async def change(service: Service, number: int) -> Exchange:
        return await service.request("PUT", f"/orders/{order.id}", {"reference": f"B-{number}"})

    observed = f"round trips of a change: {await round_trips(change)}"
    assert observed == "round trips of a change: 4", observed
