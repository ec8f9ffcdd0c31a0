import pytest

from async_db.watching import Service

ITEMS = [{"sku": "bolt", "quantity": 3}, {"sku": "nut", "quantity": 4}]

pytestmark = pytest.mark.rule("loading/load-before-serialising")


async def test_a_response_is_built_from_what_was_loaded(service: Service) -> None:
    order = (await service.request("POST", "/orders", {"reference": "A-1", "items": ITEMS})).json()

    exchange = await service.request("GET", f"/orders/{order['id']}")

    observed = f"{exchange.status}, raised: {type(exchange.error).__name__}"
    assert observed == "200, raised: NoneType", observed
    assert exchange.json() == order


async def test_a_stream_is_built_from_what_was_loaded(service: Service) -> None:
    for reference in ("A-1", "A-2"):
        await service.request("POST", "/orders", {"reference": reference, "items": ITEMS})

    exchange = await service.request("GET", "/orders/export")

    observed = f"{exchange.status}, then {len(exchange.body.splitlines())} of 2 lines"
    assert observed == "200, then 2 of 2 lines", observed
