from collections.abc import Awaitable, Callable

import pytest

from app.orders.dependencies import OrderRepositoryDep
from app.orders.models import Order
from async_db.watching import Service

pytestmark = pytest.mark.rule("repository/never-commits")


async def test_a_caller_that_fails_undoes_what_was_added(
    service: Service, stored: Callable[[], Awaitable[int]]
) -> None:
    @service.app.post("/broken")
    async def add_then_fail(orders: OrderRepositoryDep) -> None:
        await orders.add(Order(reference="A-1"))
        raise ValueError("a bug")

    exchange = await service.request("POST", "/broken")

    observed = f"{exchange.status}, {await stored()} stored"
    assert observed == "500, 0 stored", observed


async def test_several_additions_are_one_unit_of_work(service: Service) -> None:
    @service.app.post("/pairs", status_code=201)
    async def add_two(orders: OrderRepositoryDep) -> None:
        await orders.add(Order(reference="A-1"))
        await orders.add(Order(reference="A-2"))

    exchange = await service.request("POST", "/pairs")

    commits = sum(event.kind == "commit" for event in service.last())
    observed = f"{exchange.status} after {commits} commits, raised: {exchange.error!r}"
    assert observed == "201 after 1 commits, raised: None", observed
