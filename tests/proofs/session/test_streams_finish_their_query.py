import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.database.engine import Database
from app.orders import exports
from async_db.watching import ASGIApp, Client, Message, Receive, Scope, Send, Serve, Service

LOCKED_OUT = text(
    "select count(*) from pg_stat_activity"
    " where wait_event_type = 'Lock' and datname = current_database()"
)
PATIENT = {"database_lock_timeout": 60, "database_statement_timeout": 60}


@pytest.mark.rule("session/streams-finish-their-query")
async def test_the_pool_counts_the_query_of_a_client_that_left(
    serve: Serve, real_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "EXPORT_PAGE", 1)
    async with serve(**PATIENT) as service, real_database.engine.connect() as locking:
        for number in range(3):
            await service.request("POST", "/orders", {"reference": f"A-{number}"})
        reader = Reader(service.client.app)
        export = asyncio.create_task(Client(reader, service.state).request("GET", "/orders/export"))
        await reader.begun.wait()
        await locking.execute(text("lock table orders in access exclusive mode"))
        reader.goes_on.set()
        await until_locked_out(locking)
        reader.leaves.set()
        await asyncio.wait({export}, timeout=1)
        going_on, counted = await locked_out(locking), in_use(service)
        await locking.rollback()
        exported = await export

        observed = f"queries in the database: {going_on}, connections in use: {counted}"
        assert observed == "queries in the database: 1, connections in use: 1", observed
        # The second page was read to its end, and no third one.
        assert (exported.body.count(b"\n"), in_use(service)) == (2, 0)


class Reader:
    """A client that reads one page, then goes on when it is told to, and leaves."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.begun, self.goes_on, self.leaves = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def receive_or_leave() -> Message:
            await self.leaves.wait()
            return {"type": "http.disconnect"}

        async def send_slowly(message: Message) -> None:
            await send(message)
            if message["type"] == "http.response.body":
                self.begun.set()
                await self.goes_on.wait()

        await self.app(scope, receive_or_leave, send_slowly)


def in_use(service: Service) -> int:
    database: Database = service.state["database"]
    return database.pool_use().in_use


async def locked_out(connection: AsyncConnection) -> int:
    return await connection.scalar(LOCKED_OUT) or 0


async def until_locked_out(connection: AsyncConnection) -> None:
    async with asyncio.timeout(30):
        while await locked_out(connection) == 0:  # noqa: ASYNC110 (nobody tells of it)
            await asyncio.sleep(0.01)
