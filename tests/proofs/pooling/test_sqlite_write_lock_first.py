import asyncio

import pytest

from app.database.engine import Database
from app.orders.models import Order, OrderItem
from async_db.watching import Serve

AT_ONCE = 20


@pytest.mark.rule("pooling/sqlite-write-lock-first")
async def test_units_that_write_at_once_wait_for_each_other(
    serve: Serve, real_database: Database
) -> None:
    orders = [
        Order(reference=f"A-{number}", items=[OrderItem(sku="bolt", quantity=1)])
        for number in range(AT_ONCE)
    ]
    async with real_database.sessions.begin() as session:
        session.add_all(orders)

    patient = {"database_busy_timeout": 60, "database_pool_timeout": 60}
    async with serve(**patient) as service:
        answers = await asyncio.gather(
            *(service.request("POST", f"/orders/{order.id}/confirm") for order in orders)
        )
        read = [(await service.request("GET", f"/orders/{order.id}")).json() for order in orders]

    refused = sum(answer.status != 200 for answer in answers)
    observed = f"of {AT_ONCE} at once on a row each, {'some' if refused else 'none'} refused"
    assert observed == "of 20 at once on a row each, none refused", (observed, refused)
    assert all(order["confirmed_at"] for order in read)
