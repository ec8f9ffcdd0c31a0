import pytest

from async_db.watching import Service


@pytest.mark.rule("engine/one-per-process")
async def test_all_requests_share_one_engine(service: Service) -> None:
    for _ in range(5):
        await service.request("DELETE", "/orders/404")

    events = [event for event in service.recorder.events if event.request]
    engines = len({event.pool for event in events if event.pool})
    connections = len([event for event in events if event.kind == "connect"])
    observed = f"for 5 requests, engines: {engines}, connections: {connections}"
    assert observed == "for 5 requests, engines: 1, connections: 1", observed
