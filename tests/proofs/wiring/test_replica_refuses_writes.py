from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import text

from app.database.reading import ReplicaSessionDep
from async_db.watching import Service, answers_and_errors


@pytest.mark.rule("wiring/replica-refuses-writes")
async def test_a_write_by_mistake_fails_where_there_is_no_replica(
    service: Service, stored: Callable[[], Awaitable[int]], backend: str
) -> None:
    @service.app.post("/mistake", status_code=201)
    async def write(session: ReplicaSessionDep) -> None:
        connection = await session.connection()  # past what the session itself refuses
        await connection.execute(text("insert into orders (reference) values ('A-1')"))

    await service.request("POST", "/mistake")

    # SQLite says of a connection that may only read what it says of a file that nobody may write.
    told = {"postgresql": "DBAPIError, then 500", "sqlite": "OperationalError, then 503"}[backend]
    observed = f"{answers_and_errors(service.last())}, {await stored()} stored"
    assert observed == f"{told}, 0 stored", observed
