import pytest

from async_db.watching import Service


@pytest.mark.rule("session/one-per-request")
async def test_each_request_has_one_session_of_its_own(service: Service) -> None:
    for reference in ("A-1", "A-2"):
        created = await service.request("POST", "/orders", {"reference": reference})
        order = f"/orders/{created.json()['id']}"
        await service.request("PUT", order, {"reference": reference, "note": "changed"})

    used = {(event.request, event.session) for event in service.recorder.events if event.session}
    sessions = {session for _, session in used}
    assert len(used) == 4, f"{len(used)} pairs of request and session for 4 requests"
    observed = f"sessions for 4 requests: {len(sessions)}"
    assert observed == "sessions for 4 requests: 4", observed
