"""An ASGI client that hides nothing: it hands over messages as the app sends them.

In-process HTTP clients wait for the app to finish before they answer, and so hide what it does
after its response; and none of them runs the lifespan. Needs nothing that an app under watch has not.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from .asgi_types import ASGIApp, Message


@dataclass(slots=True)
class Exchange:
    """One request as the client saw it.

    Parameters:
        status: the status that was sent, or ``None`` if nothing was.
        headers: the response's headers, names in lower case.
        body: what was sent of the body.
        error: what the app raised to its server, before or after it had answered.
    """

    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    error: Exception | None = None

    def json(self) -> Any:
        return json.loads(self.body)


class Client:
    """Calls an app whose lifespan has begun; see :func:`started`."""

    def __init__(self, app: ASGIApp, state: dict[str, Any]) -> None:
        self.app = app
        self.state = state

    async def request(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
    ) -> Exchange:
        """Send one request with a JSON body and return when the app is done with it."""
        exchange = Exchange()
        content = b"" if body is None else json.dumps(body).encode()
        incoming: list[Message] = [{"type": "http.request", "body": content, "more_body": False}]

        async def receive() -> Message:
            if incoming:
                return incoming.pop()
            return await asyncio.Future()  # the client stays until it is answered

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                exchange.status = message["status"]
                headers = message.get("headers", [])
                exchange.headers = {key.decode().lower(): value.decode() for key, value in headers}
            elif message["type"] == "http.response.body":
                exchange.body += message.get("body", b"")

        try:
            await self.app(self._scope(method, path, headers or {}), receive, send)
        except Exception as error:  # noqa: BLE001 (a server, too, takes whatever the app raises)
            exchange.error = error
        return exchange

    def _scope(self, method: str, path: str, headers: Mapping[str, str]) -> dict[str, Any]:
        plain, _, query = path.partition("?")
        sent = {"host": "test", "content-type": "application/json", **headers}
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": plain,
            "raw_path": plain.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(name.lower().encode(), value.encode()) for name, value in sent.items()],
            "client": ("127.0.0.1", 1),
            "server": ("test", 80),
            "state": dict(self.state),
        }


@asynccontextmanager
async def started(app: ASGIApp) -> AsyncIterator[Client]:
    """Run the app's lifespan around the block, in one task from start-up to shutdown.

    Raises:
        RuntimeError: start-up or shutdown failed; the message is the app's.
    """
    state: dict[str, Any] = {}
    to_app: asyncio.Queue[Message] = asyncio.Queue()
    from_app: asyncio.Queue[Message] = asyncio.Queue()
    scope = {"type": "lifespan", "asgi": {"version": "3.0"}, "state": state}
    lifespan = asyncio.create_task(_run(app, scope, to_app, from_app))
    try:
        await _phase("startup", to_app, from_app)
        try:
            yield Client(app, state)
        finally:
            await _phase("shutdown", to_app, from_app)
    finally:
        await asyncio.gather(lifespan, return_exceptions=True)


async def _run(
    app: ASGIApp,
    scope: dict[str, Any],
    to_app: asyncio.Queue[Message],
    from_app: asyncio.Queue[Message],
) -> None:
    try:
        await app(scope, to_app.get, from_app.put)
    except BaseException as error:
        await from_app.put({"type": "lifespan.failed", "message": repr(error)})
        raise


async def _phase(
    name: str, to_app: asyncio.Queue[Message], from_app: asyncio.Queue[Message]
) -> None:
    await to_app.put({"type": f"lifespan.{name}"})
    answer = await from_app.get()
    if answer["type"] != f"lifespan.{name}.complete":
        raise RuntimeError(f"{name} failed: {answer.get('message', '')}")
