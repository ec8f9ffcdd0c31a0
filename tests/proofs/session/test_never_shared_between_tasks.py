import pytest

from async_db.watching import Service


@pytest.mark.rule("session/never-shared-between-tasks")
async def test_several_queries_of_one_request_take_turns(service: Service) -> None:
    exchange = await service.request("GET", "/orders/totals")

    observed = f"{exchange.status}, raised: {exchange.error!r}"
    assert observed == "200, raised: None", observed
    assert len({event.task for event in service.last() if event.kind == "statement"}) == 1
