from collections.abc import Awaitable, Callable

import pytest
from fastapi import HTTPException

from app.database.session import SessionDep
from app.orders.models import Order
from async_db.watching import Service


@pytest.mark.rule("wiring/no-session-around-the-app")
async def test_what_was_refused_is_not_stored(
    service: Service, stored: Callable[[], Awaitable[int]]
) -> None:
    @service.app.post("/refused")
    async def store_then_refuse(session: SessionDep) -> None:
        session.add(Order(reference="A-1"))
        await session.flush()
        raise HTTPException(409)

    refused = await service.request("POST", "/refused")

    observed = f"{refused.status}, orders stored: {await stored()}"
    assert observed == "409, orders stored: 0", observed
