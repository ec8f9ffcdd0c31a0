from collections.abc import Callable, Iterator
from contextlib import contextmanager
from weakref import finalize

import pytest
from sqlalchemy import event, insert, select

from app.database.engine import Database
from app.orders.models import Order, OrderItem
from async_db.watching import ASGIApp, Client, Message, Receive, Scope, Send, Service

ROWS = 6_000
ALLOWED = 2_000


@pytest.mark.rule("loading/stream-large-results")
async def test_a_large_result_is_never_in_memory_at_once(
    service: Service, real_database: Database
) -> None:
    await store(real_database, ROWS)
    app, lines = counting_lines(service.client.app)

    with orders_in_memory() as peak:
        exchange = await Client(app, service.state).request("GET", "/orders/export")

    assert (exchange.status, lines()) == (200, ROWS)
    most = f"{ALLOWED} at most" if peak() <= ALLOWED else f"{peak()}"
    observed = f"orders in memory at once: {most}"
    assert observed == f"orders in memory at once: {ALLOWED} at most", observed


async def store(database: Database, rows: int) -> None:
    orders = [{"reference": f"A-{number}", "note": "x" * 500} for number in range(rows)]
    async with database.engine.begin() as connection:
        await connection.execute(insert(Order), orders)
        ids = await connection.scalars(select(Order.id))
        items = [{"order_id": id_, "sku": "bolt", "quantity": 1} for id_ in ids]
        await connection.execute(insert(OrderItem), items)


@contextmanager
def orders_in_memory() -> Iterator[Callable[[], int]]:
    """Give the largest number of orders that were alive at the same time in the block."""
    alive = most = 0

    def loaded(order: Order, context: object) -> None:
        nonlocal alive, most
        alive += 1
        most = max(most, alive)
        finalize(order, freed)

    def freed() -> None:
        nonlocal alive
        alive -= 1

    event.listen(Order, "load", loaded)
    try:
        yield lambda: most
    finally:
        event.remove(Order, "load", loaded)


def counting_lines(app: ASGIApp) -> tuple[ASGIApp, Callable[[], int]]:
    """Count the lines that an app sends instead of keeping them."""
    lines = 0

    async def counted(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_without_body(message: Message) -> None:
            nonlocal lines
            lines += message.get("body", b"").count(b"\n")
            await send({**message, "body": b""})

        await app(scope, receive, send_without_body)

    return counted, lambda: lines
