import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from app.database.engine import Database
from app.orders.models import Order, OrderItem

pytestmark = pytest.mark.rule("queries/typed-mappings")


@pytest.mark.parametrize("missing", ["sku", "quantity"])
async def test_what_is_not_optional_is_not_null(database: Database, missing: str) -> None:
    async with database.sessions() as session:
        order = Order(reference="A-1")
        session.add(order)
        await session.flush()
        values = {"order_id": order.id, "sku": "bolt", "quantity": 3, missing: None}

        observed = f"an item without {missing}: stored"
        try:
            await session.execute(insert(OrderItem).values(values))
        except IntegrityError:
            observed = f"an item without {missing}: refused"
    assert observed == f"an item without {missing}: refused", observed
