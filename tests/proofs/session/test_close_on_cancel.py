import asyncio
from collections.abc import Awaitable, Callable

import pytest

from app.database.session import SessionDep
from app.orders.models import Order
from async_db.watching import Service

pytestmark = [
    pytest.mark.rule("session/close-on-cancel"),
    pytest.mark.usefixtures("garbage_kept"),
]


async def test_a_cancelled_request_gives_its_connection_back(
    service: Service, stored: Callable[[], Awaitable[int]]
) -> None:
    await cancel_while_it_writes(service)

    held = service.state["database"].engine.pool.checkedout()
    observed = f"connections held after a cancellation: {held}"
    assert observed == "connections held after a cancellation: 0", observed
    assert await stored() == 0


async def cancel_while_it_writes(service: Service) -> None:
    written = asyncio.Event()

    @service.app.post("/endless")
    async def write_and_go_on(session: SessionDep) -> None:
        session.add(Order(reference="A-1"))
        await session.flush()
        written.set()
        await asyncio.Event().wait()

    request = asyncio.create_task(service.request("POST", "/endless"))
    await asyncio.wait_for(written.wait(), 30)
    request.cancel()
    await asyncio.wait({request})
    assert request.cancelled()
