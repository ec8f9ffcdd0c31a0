import pytest

from app.database.engine import Database
from app.orders.models import Order
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
    order = Order(reference="A-1")
    async with real_database.sessions.begin() as session:
        session.add(order)
    path = f"/orders/{order.id}"

    exchange = await service.request("PUT", path, {"reference": "A-2"})

    observed = f"{exchange.status} after {words(service)}"
    assert observed == "200 after SELECT, SELECT, UPDATE", observed
    read = (await service.request("GET", path)).json()
    assert read["updated_at"] == exchange.json()["updated_at"]


def words(service: Service) -> str:
    """Give the first word of each statement of the last request, in order."""
    statements = [event.detail for event in service.last() if event.kind == "statement"]
    return ", ".join(s.split()[0] for s in statements if s != "BEGIN")  # SQLite's is a statement
