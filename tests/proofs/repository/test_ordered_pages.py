import pytest

from async_db.watching import Service


@pytest.mark.rule("repository/ordered-pages")
async def test_an_update_moves_no_row_to_another_page(service: Service) -> None:
    body = [{"reference": f"A-{number}"} for number in range(4)]
    ids = (await service.request("POST", "/orders/import", body)).json()["imported"]
    before = await first_page(service)

    await service.request("PUT", f"/orders/{ids[0]}", {"reference": "A-0", "note": "late"})

    observed = f"first page before an update: {before}, after it: {await first_page(service)}"
    same = ["A-0", "A-1"]
    assert observed == f"first page before an update: {same}, after it: {same}", observed


async def first_page(service: Service) -> list[str]:
    page = (await service.request("GET", "/orders?limit=2")).json()
    return [row["reference"] for row in page["rows"]]
