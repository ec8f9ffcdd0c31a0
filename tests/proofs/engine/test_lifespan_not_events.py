import pytest

from async_db.watching import Service


@pytest.mark.rule("engine/lifespan-not-events")
async def test_what_requests_need_is_there_after_start_up(service: Service) -> None:
    exchange = await service.request("GET", "/orders")

    observed = f"{exchange.status}, raised: {exchange.error!r}"
    assert observed == "200, raised: None", observed
