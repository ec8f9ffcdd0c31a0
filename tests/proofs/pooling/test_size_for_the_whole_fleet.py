import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from app.database.engine import Database
from app.database.session import SessionDep
from async_db.watching import Exchange, Serve, Service

ALLOWED = 20  # what the database lets the service have
WORKERS = 2
REQUESTS = 12  # to each worker at once


@pytest.mark.rule("pooling/size-for-the-whole-fleet")
async def test_all_workers_together_fit_what_the_database_allows(
    serve: Serve, real_database: Database, capfd: pytest.CaptureFixture[str]
) -> None:
    gate = asyncio.Event()
    async with AsyncExitStack() as fleet:
        url = await fleet.enter_async_context(role_with_limit(real_database))
        changed = {"database_url": url, "database_pool_timeout": 60}
        workers = [await fleet.enter_async_context(serve(**changed)) for _ in range(WORKERS)]
        for worker in workers:
            add_route_that_keeps_its_connection(worker, gate)
        requests = [
            asyncio.create_task(worker.request("GET", "/kept"))
            for worker in workers
            for _ in range(REQUESTS)
        ]
        await until_none_moves(workers, requests)
        gate.set()
        statuses = [(await request).status for request in requests]

    lines = [json.loads(line)["message"] for line in capfd.readouterr().err.splitlines()]
    refused = sum("too many connections for role" in line for line in lines)
    observed = f"of {len(statuses)} requests, {statuses.count(503)} answered 503, {refused} refused"
    assert observed == "of 24 requests, 0 answered 503, 0 refused", observed


@asynccontextmanager
async def role_with_limit(database: Database) -> AsyncIterator[SecretStr]:
    """Make a role that may have so many connections, and give the URL to connect as it."""
    url = database.engine.url
    name = f"service_of_{url.database}"
    async with database.engine.begin() as connection:
        await connection.execute(text(f"create role {name} login connection limit {ALLOWED}"))
    try:
        yield SecretStr(url.set(username=name).render_as_string(hide_password=False))
    finally:
        async with database.engine.begin() as connection:
            await connection.execute(text(f"drop role {name}"))


def add_route_that_keeps_its_connection(worker: Service, gate: asyncio.Event) -> None:
    @worker.app.get("/kept")
    async def keep(session: SessionDep) -> None:
        await session.execute(text("select 1"))
        worker.state["kept"] += 1
        await gate.wait()

    worker.state["kept"] = 0


async def until_none_moves(workers: list[Service], requests: list[asyncio.Task[Exchange]]) -> None:
    """Wait until each request has its connection, waits for one in the pool, or is answered."""
    while True:
        kept = sum(worker.state["kept"] for worker in workers)
        waiting = sum(worker.state["database"].pool_use().waiting for worker in workers)
        answered = sum(request.done() for request in requests)
        if kept + waiting + answered == len(requests):
            return
        await asyncio.sleep(0.01)
