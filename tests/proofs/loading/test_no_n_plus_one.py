import pytest

from async_db.watching import Service

ITEMS = [{"sku": "bolt", "quantity": 3}, {"sku": "nut", "quantity": 4}]


@pytest.mark.rule("loading/no-n-plus-one")
async def test_more_rows_take_no_more_queries(service: Service) -> None:
    few = await queries_of_an_export(service, orders=2)
    many = await queries_of_an_export(service, orders=10)

    observed = f"queries for 2 orders: {few}, for 10 orders: {many}"
    assert observed == "queries for 2 orders: 2, for 10 orders: 2", observed


async def queries_of_an_export(service: Service, orders: int) -> int:
    """Export so many orders, and count the queries."""
    stored = len((await service.request("GET", "/orders/export")).body.splitlines())
    for number in range(stored, orders):
        await service.request("POST", "/orders", {"reference": f"A-{number}", "items": ITEMS})

    exported = await service.request("GET", "/orders/export")

    assert len(exported.body.splitlines()) == orders
    statements = [event.detail for event in service.last() if event.kind == "statement"]
    return sum(statement.startswith("SELECT") for statement in statements)
