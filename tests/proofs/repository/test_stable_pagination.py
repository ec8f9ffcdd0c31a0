import pytest

from async_db.watching import Service

pytestmark = pytest.mark.rule("repository/stable-pagination")


async def test_a_deleted_row_hides_no_other(service: Service) -> None:
    ids = await five_orders(service)

    first = (await service.request("GET", "/orders?limit=2")).json()
    await service.request("DELETE", f"/orders/{ids[0]}")
    seen = first["rows"] + await rest(service, first["next_after"])

    missed = [f"A-{ids.index(id_)}" for id_ in ids if id_ not in {row["id"] for row in seen}]
    observed = f"missed: {missed}"
    assert observed == "missed: []", observed


async def rest(service: Service, after: int | None) -> list[dict[str, object]]:
    """Read the pages that follow the first."""
    rows: list[dict[str, object]] = []
    while after is not None:
        page = (await service.request("GET", f"/orders?limit=2&after={after}")).json()
        rows += page["rows"]
        after = page["next_after"]
    return rows


async def five_orders(service: Service) -> list[int]:
    orders = [
        (await service.request("POST", "/orders", {"reference": f"A-{number}"})).json()
        for number in range(5)
    ]
    return [order["id"] for order in orders]
