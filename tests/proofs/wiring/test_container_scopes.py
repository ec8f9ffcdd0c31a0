import pytest
from sqlalchemy import select

from app.database.session import SessionDep
from app.orders.dependencies import OrderRepositoryDep
from app.orders.models import Order
from async_db.watching import Serve, Service

pytestmark = [pytest.mark.rule("wiring/container-scopes"), pytest.mark.usefixtures("garbage_kept")]


async def test_what_a_request_wrote_is_stored(service: Service) -> None:
    created = await service.request("POST", "/orders", {"reference": "A-1"})

    commits = [event.kind for event in service.last()].count("commit")
    observed = f"{created.status}, commits: {commits}"
    assert observed == "201, commits: 1", observed


async def test_all_of_a_request_have_the_same_session(serve: Serve) -> None:
    async with serve(database_busy_timeout=0.5) as service:  # SQLite's: a second one would wait

        @service.app.post("/both")
        async def use_both(orders: OrderRepositoryDep, session: SessionDep) -> None:
            await orders.add(Order(reference="A-1"))
            await session.scalars(select(Order.id))

        await service.request("POST", "/both")

        used = {event.session for event in service.last() if event.session}
    observed = f"sessions in one request: {len(used)}"
    assert observed == "sessions in one request: 1", observed
