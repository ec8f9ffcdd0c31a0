import pytest

from app.database.engine import Database
from app.orders.models import Order, OrderItem
from async_db.watching import Service

pytestmark = pytest.mark.rule("loading/refresh-server-defaults")


async def test_what_the_server_computes_comes_with_the_insert(service: Service) -> None:
    exchange = await service.request("POST", "/orders", {"reference": "A-1"})

    observed = f"{exchange.status}, statements: {words(service)}"
    assert observed == "201, statements: INSERT", observed
    assert exchange.json()["created_at"]


async def test_what_the_server_computes_comes_with_the_update(
    service: Service, real_database: Database
) -> None:
    order = Order(reference="A-1", items=[OrderItem(sku="bolt", quantity=1)])
    async with real_database.sessions.begin() as session:
        session.add(order)
    path = f"/orders/{order.id}"

    exchange = await service.request("POST", f"{path}/confirm")

    asked = "SELECT, SELECT, UPDATE"
    observed = f"{exchange.status} after {words(service)}"
    assert observed == f"200 after {asked}, {asked}", observed
    read = (await service.request("GET", path)).json()
    assert read["updated_at"] == exchange.json()["updated_at"]


def words(service: Service) -> str:
    """Give the first word of each statement of the last request, in order."""
    statements = [event.detail for event in service.last() if event.kind == "statement"]
    words = [statement.split()[0] for statement in statements]
    return ", ".join(word for word in words if word != "BEGIN")  # SQLite's is a statement
