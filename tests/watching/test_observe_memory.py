"""What `observe` keeps does not grow with the number of requests."""

import asyncio
import gc
import sys
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import psutil
from sqlalchemy import StaticPool, create_engine, text
from sqlalchemy.orm import Session
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from async_db.watching import Observer

REQUESTS = 6_000
SETTLED = 1_000  # by then all is imported, cached and allocated that will be
ALLOWED_OBJECTS = 100  # one of 50 requests after that may leave one
ALLOWED_BYTES = 4_000_000  # large objects, of over half a kilobyte, are not counted but here


async def forget_a_write(request: Request) -> PlainTextResponse:
    with Session(request.app.state.engine) as session:
        session.execute(text("insert into rows values (1)"))
    return PlainTextResponse("stored")


async def receive() -> MutableMapping[str, Any]:
    return {"type": "http.request", "body": b"", "more_body": False}


async def send(message: MutableMapping[str, Any]) -> None: ...


async def serve(app: Starlette, requests: int) -> None:
    for _ in range(requests):
        scope = {"type": "http", "method": "GET", "path": "/", "headers": [], "query_string": b""}
        await app(scope, receive, send)


def allocated() -> int:
    """Count what has been allocated and not been freed."""
    gc.collect()
    return sys.getallocatedblocks()


def test_memory_is_bounded_over_many_requests_with_findings() -> None:
    app = Starlette(routes=[Route("/", forget_a_write)])
    app.state.engine = create_engine("sqlite://", poolclass=StaticPool)
    with app.state.engine.begin() as connection:
        connection.execute(text("create table rows (id int)"))
    observer = Observer(Path(__file__).parents[2], lambda: "")
    process = psutil.Process()

    with observer.watching():
        asyncio.run(serve(app, SETTLED))
        objects, size = allocated(), process.memory_info().rss
        asyncio.run(serve(app, REQUESTS - SETTLED))
        more_objects, larger = allocated() - objects, process.memory_info().rss - size

    assert observer.problem is None
    assert observer.requests == REQUESTS
    assert 0 < len(observer.findings) <= 200, len(observer.findings)
    assert more_objects < ALLOWED_OBJECTS, f"{more_objects} objects more"
    assert larger < ALLOWED_BYTES, f"{larger} bytes more"
    app.state.engine.dispose()
