import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import pytest
import uvicorn
from fastapi import FastAPI
from sqlalchemy import Connection, Engine, event
from sqlalchemy.util import await_only

from app.database.session import SessionDep
from app.orders.models import Order
from async_db.service import Service, told

pytestmark = pytest.mark.rule("session/commit-before-response")


def add_route_that_fails_to_commit(app: FastAPI) -> None:
    @app.post("/unflushed", status_code=201)
    async def add_without_flush(session: SessionDep) -> None:
        session.add(Order(reference="A-1"))


async def test_a_commit_that_fails_is_answered_as_failed(service: Service) -> None:
    add_route_that_fails_to_commit(service.app)
    await service.request("POST", "/orders", {"reference": "A-1"})

    await service.request("POST", "/unflushed")

    observed = told(service.last())
    assert observed == "IntegrityError, then 409", observed


async def test_a_client_on_a_socket_hears_of_nothing_that_is_not_committed(
    service: Service,
) -> None:
    async with on_a_socket(service.app) as port, connected(port) as (reader, writer):
        with commits_held() as (reached, gate):
            writer.write(post_of('{"reference": "A-1"}'))
            answer = asyncio.create_task(reader.readline())
            await asyncio.wait_for(reached.wait(), 30)
            await asyncio.wait({answer}, timeout=0.2)
            early = status_of(answer.result()) if answer.done() else "nothing"
            gate.set()
            late = status_of(await answer)
        observed = f"{early} on the socket before the COMMIT"
        assert observed == "nothing on the socket before the COMMIT", observed
        assert late == "201"


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


@contextmanager
def commits_held() -> Iterator[tuple[asyncio.Event, asyncio.Event]]:
    """Hold every COMMIT until the second event is set; the first says that one has come."""
    reached, gate = asyncio.Event(), asyncio.Event()

    def hold(connection: Connection) -> None:
        reached.set()
        await_only(gate.wait())

    event.listen(Engine, "commit", hold)
    try:
        yield reached, gate
    finally:
        event.remove(Engine, "commit", hold)


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
