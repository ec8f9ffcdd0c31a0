import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
import uvicorn

from app import background
from app.orders import receipts
from async_db.watching import Receive, Scope, Send, Service

LOOP_TURNS = 200  # many more than an error takes from a task to the server


@pytest.mark.rule("session/background-tasks-never-raise")
async def test_a_task_that_fails_does_not_cut_the_next_request(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    next_arrived = asyncio.Event()

    async def fail_while_the_next_is_served(*_: object) -> None:
        await next_arrived.wait()
        raise RuntimeError("connection lost")

    @service.app.get("/next")
    async def serve_next() -> None:
        next_arrived.set()
        for _ in range(LOOP_TURNS):
            await asyncio.sleep(0)

    monkeypatch.setattr(receipts, "write_receipt", fail_while_the_next_is_served)
    monkeypatch.setattr(background, "PAUSES", ())
    created = (await service.request("POST", "/orders", {"reference": "A-1"})).json()

    async with on_a_socket(service) as client:
        asked = await client.post(f"/orders/{created['id']}/receipt")
        observed = f"{asked.status_code}, and the next: {await answer_or_error(client, '/next')}"

    assert observed == "202, and the next: 200", observed


@asynccontextmanager
async def on_a_socket(service: Service) -> AsyncIterator[httpx.AsyncClient]:
    """Serve by a real server to a client that has one connection, and keeps it."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await service.client.app({**scope, "state": dict(service.state)}, receive, send)

    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_config=None))
    serving = asyncio.create_task(server.serve([listening]))
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    async with httpx.AsyncClient(
        base_url=url, timeout=30, limits=httpx.Limits(max_connections=1)
    ) as client:
        yield client
    server.should_exit = True
    await serving


async def answer_or_error(client: httpx.AsyncClient, path: str) -> str:
    try:
        return str((await client.get(path)).status_code)
    except httpx.TransportError as error:
        return str(error)
