import asyncio

import pytest
from sqlalchemy import text

from app.database.engine import Database
from app.orders.models import Order, OrderItem
from app.orders.repository import OrderRepository

WAITING = text(
    "select count(*) from pg_stat_activity"
    " where datname = current_database() and wait_event_type = 'Lock'"
)


@pytest.mark.rule("loading/lock-then-load")
@pytest.mark.usefixtures("serve")  # which deletes what is stored here
async def test_who_waited_for_a_lock_sees_what_was_stored_meanwhile(
    real_database: Database,
) -> None:
    order = Order(reference="A-1", items=[])
    async with real_database.sessions.begin() as session:
        session.add(order)

    async with real_database.sessions.begin() as first:
        locked = await OrderRepository(first).lock_with_items(order.id)
        assert locked is not None
        second = asyncio.create_task(items_once_locked(real_database, order.id))
        await somebody_waits(real_database)
        locked.items.append(OrderItem(sku="bolt", quantity=1))
    seen = await second

    observed = f"items that were stored before it got the lock: 1, seen: {seen}"
    assert observed == "items that were stored before it got the lock: 1, seen: 1", observed


async def items_once_locked(database: Database, order_id: int) -> int:
    async with database.sessions.begin() as session:
        order = await OrderRepository(session).lock_with_items(order_id)
        assert order is not None
        return len(order.items)


async def somebody_waits(database: Database) -> None:
    async with database.reading() as session:
        while not await session.scalar(WAITING):  # noqa: ASYNC110 (the server tells nobody)
            await asyncio.sleep(0.01)
