import asyncio

import pytest

from async_db.watching import ASGIApp, Client, Message, Receive, Scope, Send, Serve

pytestmark = [
    pytest.mark.rule("session/not-across-streaming"),
    pytest.mark.usefixtures("garbage_kept"),
]


async def test_others_are_served_while_a_client_reads_slowly(serve_with_pool_of: Serve) -> None:
    async with serve_with_pool_of(1) as service:
        await service.request("POST", "/orders", {"reference": "A-1"})
        reader = SlowReader(service.app)

        export = asyncio.create_task(
            Client(reader, service.client.state).request("GET", "/orders/export")
        )
        async with asyncio.timeout(30):
            await reader.begun.wait()
            meanwhile = await service.request("GET", "/orders")
            reader.may_go_on.set()
            exported = await export

        observed = f"{meanwhile.status} while another client reads its export, on a pool of one"
        assert observed == "200 while another client reads its export, on a pool of one", observed
        assert exported.json()["reference"] == "A-1"


class SlowReader:
    """A client that reads one line, and the rest when it is told to."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.begun, self.may_go_on = asyncio.Event(), asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_slowly(message: Message) -> None:
            await send(message)
            if message["type"] == "http.response.body":
                self.begun.set()
                await self.may_go_on.wait()

        await self.app(scope, receive, send_slowly)
