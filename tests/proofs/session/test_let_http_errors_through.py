import pytest

from async_db.watching import Service


@pytest.mark.rule("session/let-http-errors-through")
async def test_a_404_stays_a_404(service: Service) -> None:
    exchange = await service.request("DELETE", "/orders/404")

    observed = f"{exchange.status}, raised: {exchange.error!r}"
    assert observed == "404, raised: None", observed
