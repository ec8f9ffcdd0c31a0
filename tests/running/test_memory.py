"""What a watched process keeps does not grow with the requests that it serves."""

import asyncio
import gc
import sys
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import StaticPool, create_engine, text
from sqlalchemy.orm import Session
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from async_db.running.notes import Settings, counted, finding_of, noted
from async_db.running.pictures import MAX_OFFENDING, MAX_ROUTES, Pictures
from async_db.running.process import MAX_ALIKE, Process
from async_db.traces import Event, Trace

SETTLED, REQUESTS = 500, 2_500
RULES = 2  # that it breaks: it forgets what it wrote, and blocks the loop
ALLOWED_OBJECTS = 100  # one of 20 requests after that may leave one


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
    gc.collect()
    return sys.getallocatedblocks()


@pytest.mark.parametrize("every_request", [True, False])
def test_a_process_keeps_a_few_of_what_it_meets_again_and_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, every_request: bool
) -> None:
    # As in a process that runs no tests: what they send is watched whole.
    monkeypatch.setattr("async_db.running.process._test", lambda: "")
    app = Starlette(routes=[Route("/", forget_a_write)])
    app.state.engine = create_engine("sqlite://", poolclass=StaticPool)
    with app.state.engine.begin() as connection:
        connection.execute(text("create table rows (id int)"))
    process = Process(
        tmp_path, Settings(str(Path(__file__).parents[2]), draws=True, every_request=every_request)
    )

    with process.watching():
        asyncio.run(serve(app, SETTLED))
        objects = allocated()
        asyncio.run(serve(app, REQUESTS))
        more = allocated() - objects

    app.state.engine.dispose()
    assert process.problem is None
    assert len(process.findings) == MAX_ALIKE * RULES
    seen = counted(tmp_path)
    assert seen is not None
    assert seen.requests + seen.unwatched == SETTLED + REQUESTS
    assert (seen.unwatched == 0) == every_request
    watched = seen.requests
    assert seen.alike == (watched - MAX_ALIKE) * RULES
    told = [finding_of(each["finding"]) for each in noted(tmp_path) if "finding" in each]
    assert sum(each.requests for each in told) == watched * RULES
    assert more < ALLOWED_OBJECTS, f"{more} objects more"


def test_few_requests_are_noted_for_pictures_however_slow_they_become() -> None:
    def taking(seconds: float, route: str = "GET /") -> Trace:
        events = (Event("checkout", 0.0), Event("request.end", seconds))
        return Trace(1, route, "", events)

    pictures = Pictures()
    # From a millisecond to ten seconds, each a little slower than the one before.
    wanted = sum(pictures.wants(taking(0.001 * 1.01**number), []) for number in range(926))
    assert 0 < wanted < 926 / 9
    assert MAX_OFFENDING < MAX_ROUTES
    routes = sum(pictures.wants(taking(1.0, f"GET /{number}"), []) for number in range(1_000))
    assert routes == MAX_ROUTES - 1
