import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractContextManager, asynccontextmanager

import pytest
import uvicorn
from fastapi import BackgroundTasks, FastAPI
from fastapi.responses import JSONResponse
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.database.engine import Database
from app.database.session import SessionDep
from app.orders.models import Order
from async_db.watching import Service, answers_and_errors

Stored = Callable[[], Awaitable[int]]
Held = Callable[..., AbstractContextManager[tuple[asyncio.Semaphore, asyncio.Event]]]

pytestmark = pytest.mark.rule("session/commit-before-response")


def add_route_that_fails_to_commit(app: FastAPI) -> None:
    @app.post("/unflushed", status_code=201)
    async def add_without_flush(session: SessionDep) -> None:
        session.add(Order(reference="A-1"))


async def test_a_commit_that_fails_is_answered_as_failed(service: Service) -> None:
    add_route_that_fails_to_commit(service.app)
    await service.request("POST", "/orders", {"reference": "A-1"})

    await service.request("POST", "/unflushed")

    observed = answers_and_errors(service.last())
    assert observed == "IntegrityError, then 409", observed


async def test_a_client_on_a_socket_hears_of_nothing_that_is_not_committed(
    service: Service, held: Held
) -> None:
    async with on_a_socket(service.app) as port, connected(port) as (reader, writer):
        with held("commit") as (reached, gate):
            writer.write(post_of('{"reference": "A-1"}'))
            answer = asyncio.create_task(reader.readline())
            await asyncio.wait_for(reached.acquire(), 30)
            await asyncio.wait({answer}, timeout=0.2)
            early = status_of(answer.result()) if answer.done() else "nothing"
            gate.set()
            late = status_of(await answer)
        observed = f"{early} on the socket before the COMMIT"
        assert observed == "nothing on the socket before the COMMIT", observed
        assert late == "201"


async def test_a_commit_can_fail_in_several_ways_and_each_is_answered(
    service: Service, real_database: Database, stored: Stored, backend: str
) -> None:
    ways: dict[str, Way] = {"a deferred constraint": break_a_deferred_constraint}
    if backend == "postgresql":
        ways |= {"a serialization failure": lose_to_another, "a lost connection": lose_connection}
    answers: dict[str, int | None] = {}

    async with table_of_promises(real_database):
        for name, way in ways.items():
            add_route_whose_commit_fails(service.app, f"/{name}", way, real_database)
            before = await stored()
            answers[name] = (await service.request("POST", f"/{name}")).status
            other = 1 if way is lose_to_another else 0
            assert await stored() == before + other, f"{name}: stored after all"

    observed = ", ".join(f"{status} to {name}" for name, status in answers.items())
    expected = "409 to a deferred constraint"
    if backend == "postgresql":
        expected += ", 503 to a serialization failure, 503 to a lost connection"
    assert observed == expected, observed


async def test_an_error_that_is_returned_is_committed_first(
    service: Service, stored: Stored
) -> None:
    @service.app.post("/refused")
    async def write_and_return_an_error(session: SessionDep) -> JSONResponse:
        session.add(Order(reference="A-1"))
        return JSONResponse({"detail": "no"}, 409)

    await service.request("POST", "/refused")

    events = service.last()
    kept = [event for event in events if event.kind in {"commit", "response.start"}]
    observed = ", then ".join(event.detail or event.kind for event in kept)
    assert observed == "commit, then 409", observed
    assert await stored() == 1


async def test_a_background_task_finds_what_its_request_wrote(
    service: Service, stored: Stored
) -> None:
    found: list[int] = []

    async def look() -> None:
        found.append(await stored())

    @service.app.post("/noted")
    async def write_and_go_on(session: SessionDep, background_tasks: BackgroundTasks) -> None:
        session.add(Order(reference="A-1"))
        await session.flush()
        background_tasks.add_task(look)

    await service.request("POST", "/noted")

    observed = f"orders that its background task finds: {found}"
    assert observed == "orders that its background task finds: [1]", observed


Way = Callable[[AsyncSession, Database], Awaitable[None]]


def add_route_whose_commit_fails(app: FastAPI, path: str, way: Way, others: Database) -> None:
    @app.post(path, status_code=201)
    async def write(session: SessionDep) -> None:
        await way(session, others)


async def break_a_deferred_constraint(session: AsyncSession, others: Database) -> None:
    session.add(Order(reference="A-1"))
    await session.execute(text("insert into promises (order_id) values (0)"))


async def lose_to_another(session: AsyncSession, others: Database) -> None:
    """Count and add while somebody else counts and adds: one of the two counted wrong."""
    count = select(func.count()).select_from(Order)
    serializable = {"isolation_level": "SERIALIZABLE"}
    await session.connection(execution_options=serializable)
    session.add(Order(reference=f"A-{await session.scalar(count)}"))
    await session.flush()
    async with others.sessions.begin() as another:
        await another.connection(execution_options=serializable)
        another.add(Order(reference=f"B-{await another.scalar(count)}"))


async def lose_connection(session: AsyncSession, others: Database) -> None:
    session.add(Order(reference="A-1"))
    await session.flush()
    pid = await session.scalar(text("select pg_backend_pid()"))
    async with others.sessions() as other_session:
        await other_session.execute(text("select pg_terminate_backend(:pid, 30000)"), {"pid": pid})


@asynccontextmanager
async def table_of_promises(database: Database) -> AsyncIterator[None]:
    """A table whose foreign key is looked at when a transaction is committed."""
    async with database.engine.begin() as connection:
        references = "references orders (id) deferrable initially deferred"
        await connection.execute(text(f"create table promises (order_id integer {references})"))
    try:
        yield
    finally:
        async with database.engine.begin() as connection:
            await connection.execute(text("drop table promises"))


def status_of(line: bytes) -> str:
    return line.split()[1].decode()


@asynccontextmanager
async def connected(port: int) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.close()
        await writer.wait_closed()


def post_of(body: str) -> bytes:
    return (
        "POST /orders HTTP/1.1\r\nHost: test\r\nConnection: close\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


@asynccontextmanager
async def on_a_socket(app: FastAPI) -> AsyncIterator[int]:
    """Serve the app by a real uvicorn, and give its port."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="on"))
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        await serving
