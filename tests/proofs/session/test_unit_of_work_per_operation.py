from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event

from app.orders.models import OrderItem
from async_db.watching import Service

ORDER = {"reference": "A-1", "items": [{"sku": "bolt", "quantity": 1}]}


@pytest.mark.rule("session/unit-of-work-per-operation")
async def test_an_operation_that_failed_can_be_tried_again(service: Service) -> None:
    with items_refused():
        first = await service.request("POST", "/orders", ORDER)

    second = await service.request("POST", "/orders", ORDER)

    observed = f"{first.status}, then {second.status} for the same request"
    assert observed == "500, then 201 for the same request", observed


@contextmanager
def items_refused() -> Iterator[None]:
    """Let the second half of the operation fail, for whatever reason that may have."""

    def refuse(*_: object) -> None:
        raise ConnectionResetError("the second half")

    event.listen(OrderItem, "before_insert", refuse)
    try:
        yield
    finally:
        event.remove(OrderItem, "before_insert", refuse)
