from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import insert

from app.database.session import SessionDep
from app.orders.models import Order, OrderItem
from async_db.watching import Service

pytestmark = pytest.mark.rule("pooling/sqlite-connect-events")


async def test_a_released_savepoint_goes_with_its_transaction(
    service: Service, stored: Callable[[], Awaitable[int]]
) -> None:
    @service.app.post("/broken")
    async def write_in_a_savepoint_then_raise(session: SessionDep) -> None:
        async with session.begin_nested():
            session.add(Order(reference="A-1"))
        raise ValueError("a bug")

    exchange = await service.request("POST", "/broken")

    observed = f"{exchange.status}, {await stored()} stored"
    assert observed == "500, 0 stored", observed


async def test_a_row_cannot_belong_to_a_row_that_is_not_there(service: Service) -> None:
    @service.app.post("/dangling", status_code=201)
    async def insert_an_item_of_nothing(session: SessionDep) -> None:
        await session.execute(insert(OrderItem).values(order_id=404, sku="bolt", quantity=1))

    exchange = await service.request("POST", "/dangling")

    observed = f"item of no order: {exchange.status}"
    assert observed == "item of no order: 409", observed
