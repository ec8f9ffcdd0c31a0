import pytest

from async_db.service import Service


@pytest.mark.rule("engine/one-event-loop")
async def test_background_work_leaves_the_connections_usable(service: Service) -> None:
    order = (await service.request("POST", "/orders", {"reference": "A-1"})).json()

    exchanges = [
        await service.request("POST", f"/orders/{order['id']}/confirm"),
        await service.request("GET", f"/orders/{order['id']}"),
    ]

    errors = [repr(exchange.error) for exchange in exchanges if exchange.error]
    assert not errors, "; ".join(errors)
    assert exchanges[-1].json()["receipt"] == "A-1"
