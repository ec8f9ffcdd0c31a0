import pytest
from sqlalchemy import Engine, event
from sqlalchemy.util import await_only

from app.database.engine import Database
from app.orders.models import Order, OrderItem
from async_db.watching import Service


@pytest.mark.rule("loading/one-statement-one-snapshot")
async def test_an_order_and_its_items_are_of_one_moment(
    service: Service, real_database: Database
) -> None:
    order = await stored(real_database)
    change_after_the_next_statement(real_database, order)

    read = (await service.request("GET", f"/orders/{order.id}")).json()

    observed = f"read {read['reference']} with an item {read['items'][0]['sku']}"
    assert observed == "read A-1 with an item of A-1", observed


@pytest.mark.rule("loading/one-statement-one-snapshot")
async def test_so_are_those_of_a_page(service: Service, real_database: Database) -> None:
    order = await stored(real_database)
    change_after_the_next_statement(real_database, order)

    exported = (await service.request("GET", "/orders/export")).json()

    observed = f"exported {exported['reference']} with an item {exported['items'][0]['sku']}"
    assert observed == "exported A-1 with an item of A-1", observed


async def stored(database: Database) -> Order:
    order = Order(reference="A-1", items=[OrderItem(sku="of A-1", quantity=1)])
    async with database.sessions.begin() as session:
        session.add(order)
    return order


def change_after_the_next_statement(database: Database, order: Order) -> None:
    """Have another client be done between the first statement of a read and the next one, if any."""

    async def change_both() -> None:
        async with database.sessions.begin() as session:
            changed = await session.get_one(Order, order.id)
            changed.reference = "A-2"
            item = await session.get_one(OrderItem, order.items[0].id)
            item.sku = "of A-2"

    @event.listens_for(Engine, "after_cursor_execute", once=True)
    def interfere(*_: object) -> None:
        await_only(change_both())
