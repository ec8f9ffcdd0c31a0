from collections.abc import Awaitable, Callable

import pytest

from app.database.reading import ReadSessionDep
from app.orders.models import Order
from async_db.watching import Service, answers_and_errors


@pytest.mark.rule("wiring/replica-refuses-writes")
async def test_a_write_by_mistake_fails_where_there_is_no_replica(
    service: Service, stored: Callable[[], Awaitable[int]], backend: str
) -> None:
    @service.app.post("/mistake", status_code=201)
    async def write(session: ReadSessionDep) -> None:
        session.add(Order(reference="A-1"))
        await session.flush()

    await service.request("POST", "/mistake")

    error = {"postgresql": "DBAPIError", "sqlite": "OperationalError"}[backend]
    observed = f"{answers_and_errors(service.last())}, {await stored()} stored"
    assert observed == f"{error}, then 500, 0 stored", observed
