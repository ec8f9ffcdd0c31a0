import pytest

from async_db.watching import Service

pytestmark = pytest.mark.rule("repository/session-injected")


async def test_an_operation_and_its_repository_share_one_session(service: Service) -> None:
    await service.request("POST", "/orders/import", [{"reference": "A-1"}])

    sessions = {event.session for event in service.last() if event.session}
    observed = f"sessions of one import: {len(sessions)}"
    assert observed == "sessions of one import: 1", observed


async def test_a_savepoint_covers_what_a_repository_writes(service: Service) -> None:
    body = [{"reference": reference} for reference in ("A-1", "A-1", "A-2")]

    exchange = await service.request("POST", "/orders/import", body)

    rejected = exchange.json().get("rejected")
    observed = f"{exchange.status}, rejected: {rejected}"
    assert observed == "200, rejected: ['A-1']", observed
