from collections.abc import Awaitable, Callable

import pytest
from fastapi import BackgroundTasks, HTTPException
from sqlalchemy.exc import InvalidRequestError

from app.database.session import SessionDep, UnitOfWork
from app.orders.dependencies import OrderRepositoryDep
from app.orders.models import Order
from async_db.watching import Serve, Service, answers_and_errors

pytestmark = pytest.mark.rule("wiring/finalizers-run")


async def test_a_commit_that_fails_is_answered_as_failed(service: Service) -> None:
    @service.app.post("/unflushed", status_code=201)
    async def add_without_flush(session: SessionDep) -> None:
        session.add(Order(reference="A-1"))

    await service.request("POST", "/orders", {"reference": "A-1"})
    await service.request("POST", "/unflushed")

    observed = answers_and_errors(service.last())
    assert observed == "IntegrityError, then 409", observed


async def test_a_request_that_fails_leaves_nothing(
    service: Service, stored: Callable[[], Awaitable[int]]
) -> None:
    @service.app.post("/refused", dependencies=[UnitOfWork])
    async def store_then_refuse(orders: OrderRepositoryDep) -> None:
        await orders.add(Order(reference="A-1"))
        raise HTTPException(422, "no")

    assert (await service.request("POST", "/refused")).status == 422

    observed = f"422, orders stored: {await stored()}"
    assert observed == "422, orders stored: 0", observed


async def test_nothing_is_written_after_the_answer(service: Service) -> None:
    outcomes: list[str] = []

    @service.app.post("/later", dependencies=[UnitOfWork])
    async def write_later(orders: OrderRepositoryDep, tasks: BackgroundTasks) -> None:
        async def write() -> None:
            try:
                await orders.add(Order(reference="A-1"))
            except InvalidRequestError:
                outcomes.append("refused")
            else:
                outcomes.append("written")

        tasks.add_task(write)

    await service.request("POST", "/later")

    observed = f"after the answer: {', '.join(outcomes)}"
    assert observed == "after the answer: refused", observed


async def test_shutdown_closes_every_connection(serve: Serve) -> None:
    async with serve() as service:
        assert (await service.request("GET", "/orders")).status == 200

    kinds = [event.kind for event in service.recorder.events]
    assert "connect" in kinds
    observed = f"connections left open: {kinds.count('connect') - kinds.count('close')}"
    assert observed == "connections left open: 0", observed
