import pytest

from async_db.watching import Service


@pytest.mark.rule("repository/ordered-pages")
async def test_an_update_moves_no_row_to_another_page(service: Service) -> None:
    orders = [
        (await service.request("POST", "/orders", {"reference": f"A-{number}"})).json()
        for number in range(4)
    ]
    before = await first_page(service)

    path = f"/orders/{orders[0]['id']}"
    await service.request("PUT", path, {"reference": "A-0", "note": "late"})

    observed = f"first page before an update: {before}, after it: {await first_page(service)}"
    same = ["A-0", "A-1"]
    assert observed == f"first page before an update: {same}, after it: {same}", observed


async def first_page(service: Service) -> list[str]:
    page = (await service.request("GET", "/orders?limit=2")).json()
    return [row["reference"] for row in page["rows"]]
