import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager

import pytest

from async_db.watching import ASGIApp, Client, Exchange, Message, Receive, Scope, Send, Serve

pytestmark = pytest.mark.rule("pooling/no-endless-queue")
Held = Callable[..., AbstractContextManager[tuple[asyncio.Semaphore, asyncio.Event]]]


async def test_who_waits_too_long_is_told(serve: Serve, held: Held) -> None:
    async with serve(imports_at_once=1, imports_wait=0.05) as service:
        with held("before_cursor_execute", is_insert) as (inserts, gate):
            first = asyncio.create_task(imported(service.client, "A-1"))
            await inserts.acquire()
            second = asyncio.create_task(imported(service.client, "A-2"))
            answered, _ = await asyncio.wait({second}, timeout=2)
            gate.set()
            status = second.result().status if answered else "still waiting"
            assert (await first).status == 200
            await second

    observed = f"while one import runs, the next is: {status}"
    assert observed == "while one import runs, the next is: 503", observed


async def test_nothing_is_stored_for_a_client_that_has_left(
    serve: Serve, held: Held, stored: Callable[[], Awaitable[int]]
) -> None:
    async with serve(imports_at_once=1, imports_wait=30) as service:
        with held("before_cursor_execute", is_insert) as (inserts, gate):
            first = asyncio.create_task(imported(service.client, "A-1"))
            await inserts.acquire()
            impatient = Impatient(service.client.app)
            second = asyncio.create_task(imported(Client(impatient, service.client.state), "A-2"))
            await impatient.sent.wait()
            impatient.left = True
            gate.set()
            await asyncio.gather(first, second)

    observed = f"imports of which one client has left: 2, rows: {await stored()}"
    assert observed == "imports of which one client has left: 2, rows: 1", observed


class Impatient:
    """A client that sends its request, and leaves before it is answered."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.sent = asyncio.Event()
        self.left = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def receive_or_leave() -> Message:
            if self.left:
                return {"type": "http.disconnect"}
            message = await receive()
            self.sent.set()
            return message

        await self.app(scope, receive_or_leave, send)


async def imported(client: Client, reference: str) -> Exchange:
    return await client.request("POST", "/orders/import", [{"reference": reference}])


def is_insert(_connection: object, _cursor: object, statement: str, *_: object) -> bool:
    return statement.startswith("INSERT")
