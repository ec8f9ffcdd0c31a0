import pytest

from app.database.session import SessionDep
from app.orders.models import Order
from async_db.watching import Service


@pytest.mark.rule("session/no-async-for-sessions")
async def test_the_connection_is_back_before_an_error_is_answered(service: Service) -> None:
    @service.app.post("/broken")
    async def write_then_raise(session: SessionDep) -> None:
        session.add(Order(reference="A-1"))
        await session.flush()
        raise ValueError("a bug")

    await service.request("POST", "/broken")

    kinds = [event.kind for event in service.last()]
    before = kinds[: kinds.index("response.start")]
    held = before.count("checkout") - before.count("checkin")
    observed = f"connections held at response.start: {held}"
    assert observed == "connections held at response.start: 0", observed
    assert "rollback" in before
