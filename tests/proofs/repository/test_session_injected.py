import pytest
from fastapi import FastAPI
from sqlalchemy.exc import IntegrityError

from app.database.session import SessionDep
from app.orders.dependencies import OrderRepositoryDep
from app.orders.models import Order
from async_db.watching import Service

pytestmark = pytest.mark.rule("repository/session-injected")


async def test_an_operation_and_its_repository_share_one_session(service: Service) -> None:
    add_import(service.app)

    await service.request("POST", "/import", ["A-1"])

    sessions = {event.session for event in service.last() if event.session}
    observed = f"sessions of one import: {len(sessions)}"
    assert observed == "sessions of one import: 1", observed


async def test_a_savepoint_covers_what_a_repository_writes(service: Service) -> None:
    add_import(service.app)

    exchange = await service.request("POST", "/import", ["A-1", "A-1", "A-2"])

    rejected = exchange.json().get("rejected")
    observed = f"{exchange.status}, rejected: {rejected}"
    assert observed == "200, rejected: ['A-1']", observed


def add_import(app: FastAPI) -> None:
    """Add an operation that stores what can be stored, and tells what cannot."""

    @app.post("/import")
    async def import_orders(
        references: list[str], session: SessionDep, orders: OrderRepositoryDep
    ) -> dict[str, list[str]]:
        rejected = []
        for reference in references:
            try:
                async with session.begin_nested():
                    await orders.add(Order(reference=reference))
            except IntegrityError:
                rejected.append(reference)
        return {"rejected": rejected}
