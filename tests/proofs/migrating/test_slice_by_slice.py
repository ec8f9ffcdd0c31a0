from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event

from app.database.engine import Database
from app.orders.models import Order, OrderItem
from async_db.watching import Service, answers_and_errors


@pytest.mark.rule("migrating/slice-by-slice")
@pytest.mark.usefixtures("sync_drivers_give_up")
async def test_a_request_sees_what_it_wrote_and_does_not_wait_for_itself(
    service: Service, real_database: Database
) -> None:
    async with real_database.sessions.begin() as session:
        order = Order(reference="A-1", items=[OrderItem(sku="bolt", quantity=1)])
        session.add(order)

    with loaded_orders() as requested:
        await service.request("POST", f"/orders/{order.id}/confirm")

    answered = answers_and_errors(service.last())
    observed = f"{answered}; its second half finds what its first wrote: {requested[-1]}"
    assert observed == "200; its second half finds what its first wrote: True", observed


@contextmanager
def loaded_orders() -> Iterator[list[bool]]:
    """Note of each order that is read whether its confirmation was asked for, to its reader."""
    seen: list[bool] = []

    def note(order: Order, context: object) -> None:
        seen.append(order.confirmation_requested_at is not None)

    event.listen(Order, "load", note)
    try:
        yield seen
    finally:
        event.remove(Order, "load", note)
