import asyncio
from collections.abc import Awaitable, Callable

import pytest
from fastapi import FastAPI, HTTPException

from app.database.session import SessionDep
from app.orders.models import Order
from async_db.watching import Service

pytestmark = pytest.mark.rule("session/roll-back-on-any-error")


@pytest.mark.parametrize(
    ("error", "status"), [(ValueError("a bug"), 500), (HTTPException(409), 409)]
)
async def test_what_was_written_before_an_error_is_undone(
    service: Service, stored: Callable[[], Awaitable[int]], error: Exception, status: int
) -> None:
    add_route_that_writes_then(service.app, error)

    exchange = await service.request("POST", "/broken")

    observed = f"{exchange.status}, {await stored()} stored"
    assert observed == f"{status}, 0 stored", observed


async def test_what_was_written_before_a_cancellation_is_undone(
    service: Service, stored: Callable[[], Awaitable[int]]
) -> None:
    add_route_that_writes_then(service.app, asyncio.CancelledError())

    with pytest.raises(asyncio.CancelledError):
        await service.request("POST", "/broken")

    observed = f"cancelled, {await stored()} stored"
    assert observed == "cancelled, 0 stored", observed


def add_route_that_writes_then(app: FastAPI, error: BaseException) -> None:
    @app.post("/broken")
    async def write_then_raise(session: SessionDep) -> None:
        session.add(Order(reference="A-1"))
        await session.flush()
        raise error
