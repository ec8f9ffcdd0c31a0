import re

import pytest
from fastapi import FastAPI

from app.database.session import SessionDep
from app.orders.models import Order
from async_db.watching import Service

FAULT = r"'Order\.items' is not available due to lazy='raise'|greenlet_spawn has not been called"
ITEMS = [{"sku": "bolt", "quantity": 3}, {"sku": "nut", "quantity": 4}]

pytestmark = pytest.mark.rule("loading/no-lazy-loads")


async def test_a_query_loads_what_is_read_afterwards(service: Service) -> None:
    order = (await service.request("POST", "/orders", {"reference": "A-1", "items": ITEMS})).json()

    exchange = await service.request("GET", f"/orders/{order['id']}")

    observed = f"{exchange.status}, {reason(exchange.error)}"
    assert observed == "200, None", observed
    assert exchange.json() == order


async def test_what_no_query_loads_is_named(service: Service) -> None:
    add_route_that_forgets_the_items(service.app)
    order = (await service.request("POST", "/orders", {"reference": "A-1", "items": ITEMS})).json()

    exchange = await service.request("GET", f"/forgotten/{order['id']}")

    observed = f"forgotten: {reason(exchange.error)}"
    assert observed == "forgotten: 'Order.items' is not available due to lazy='raise'", observed


def add_route_that_forgets_the_items(app: FastAPI) -> None:
    @app.get("/forgotten/{order_id}")
    async def count_items(order_id: int, session: SessionDep) -> int:
        order = await session.get_one(Order, order_id)
        return len(order.items)


def reason(error: Exception | None) -> str:
    """Give the telling part of an error that others wrap and decorate."""
    found = re.search(FAULT, str(error))
    return found[0] if found else repr(error)
