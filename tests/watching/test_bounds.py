"""What is known of pools and tasks goes with them, however many there are."""

import asyncio
import gc
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text
from sqlalchemy.pool import QueuePool
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from async_db.traces import Trace
from async_db.watching import Observer
from async_db.watching.served_request import MAX_EVENTS

MANY = 3_000
ROOT = Path(__file__).parents[2]


async def receive() -> MutableMapping[str, Any]:
    return {"type": "http.request", "body": b"", "more_body": False}


async def send(message: MutableMapping[str, Any]) -> None: ...


def serve(observer: Observer, endpoint: Any, requests: int = 1) -> None:
    app = Starlette(routes=[Route("/", endpoint)])
    scope = {"type": "http", "method": "GET", "path": "/", "headers": [], "query_string": b""}

    async def all_of_them() -> None:
        for _ in range(requests):
            await app(dict(scope), receive, send)

    with observer.watching():
        asyncio.run(all_of_them())
    assert observer.problem is None


def test_pools_that_are_gone_are_forgotten_and_each_request_knows_its_own() -> None:
    traces: list[Trace] = []
    observer = Observer(ROOT, lambda: "", lambda trace, _: traces.append(trace))

    async def use_a_pool(_: Request) -> PlainTextResponse:
        engine = create_engine("sqlite://", poolclass=QueuePool, pool_size=3)
        with engine.connect() as connection:
            connection.execute(text("select 1"))
        engine.dispose()
        return PlainTextResponse("")

    serve(observer, use_a_pool, MANY)

    assert {trace.pools for trace in traces} == {((number, 3),) for number in range(1, MANY + 1)}
    gc.collect()
    known = observer._watched_pools
    assert len(known._pools) + len(known._held) <= 4


def test_tasks_that_have_ended_are_few_however_many_a_request_starts() -> None:
    engine = create_engine("sqlite://", poolclass=QueuePool, pool_size=2)
    traces: list[Trace] = []
    observer = Observer(ROOT, lambda: "", lambda trace, _: traces.append(trace))
    most = 0

    async def ask() -> None:
        nonlocal most
        with engine.connect() as connection:
            connection.execute(text("select 1"))
        (served,) = observer._served.values()
        most = max(most, len(served.alive))

    async def start_tasks(_: Request) -> PlainTextResponse:
        for _number in range(2 * MAX_EVENTS):
            await asyncio.create_task(ask())
        return PlainTextResponse("")

    serve(observer, start_tasks)
    engine.dispose()

    (trace,) = traces
    assert most < 10
    assert len(trace.tasks) <= MAX_EVENTS + 10
