"""Of a running app, each route's first requests are watched, then some; of the others nothing is known."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from helpers.observing import PLUGIN

AFTER_NEW = 8  # so many are watched again
SERVED, WATCHED = 600, 224
SAYS = f"Watched {WATCHED} of {SERVED} requests of GET /orders"
SERVICE = """
import asyncio
import gc
import sys

from fastapi import BackgroundTasks, Depends, FastAPI, Request
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

engine = create_async_engine(
    "sqlite+aiosqlite:///rows.db", poolclass=AsyncAdaptedQueuePool, pool_size=5, max_overflow=0
)
make_session = async_sessionmaker(engine)
app = FastAPI()
count = 0


def is_watched():
    return sys.modules["async_db_observe_pack.running.process"]._watching[0].request.get() != 0


async def open_session():
    async with make_session() as session, session.begin():
        yield session

ROUTES


async def receive():
    return {"type": "http.request", "body": b"", "more_body": False}


async def send(message):
    assert message.get("status", 200) == 200


async def get(path="/orders"):
    scope = {"type": "http", "method": "GET", "path": path, "headers": [], "query_string": b""}
    await app(scope, receive, send)


async def main():
    async with engine.begin() as connection:
        await connection.execute(text("create table if not exists rows (id int)"))
    for _ in range(int(sys.argv[1]) // 20):
        DRIVE
    gc.collect()
    await engine.dispose()


asyncio.run(main())
"""
BY_TURNS = "for _ in range(20): await get()"
# As many as the pool has connections.
AT_ONCE = "for _ in range(4): await asyncio.gather(*(get() for _ in range(5)))"
AT_ONCE_LATER = "await asyncio.gather(*(get() for _ in range(20))) if _ > 14 else [await get() for _ in range(20)]"
SOUND = """
@app.middleware("http")
async def with_a_session(request, call_next):
    async with make_session() as session, session.begin():
        request.state.session = session  # made before it is known whether the request is watched
        return await call_next(request)


async def send_mail():
    async with make_session() as session, session.begin():
        await session.execute(text("insert into rows values (2)"))


@app.get("/orders")
async def orders(request: Request, tasks: BackgroundTasks):
    tasks.add_task(send_mail)
    return (await request.state.session.execute(text("select 1"))).scalar_one()
"""
GATHERS = """
async def read():
    async with make_session() as session:
        return await session.scalar(text("select 1"))


@app.get("/orders")
async def orders():
    return await asyncio.gather(read(), read())
"""
DEPENDS = """
@app.get("/orders")
async def orders(session=Depends(open_session, scope="function")):
    await session.execute(text("insert into rows values (1)"))
    return (await session.execute(text("select 1"))).scalar_one()
"""
FORGETS = """
@app.get("/orders")
async def orders():
    global count
    count += 1
    async with make_session() as session:
        await session.execute(text("select 1"))
        if count > FROM:
            await session.execute(text("insert into rows values (1)"))  # forgotten
"""
# What other requests began, watched ones go on with.
BEGUN_BY_OTHERS = """
shared = lent = None


@app.get("/orders")
async def orders():
    global shared, lent, count
    count += 1
    if IS_WATCHED:
        if shared is not None:
            await shared.execute(text("select 1"))
            await shared.rollback()
        if lent is not None:
            await lent.close()
            lent = None
        return
    abandoned = make_session()
    await abandoned.execute(text("select 1"))
    del abandoned
    gc.collect()
    if shared is None:
        shared = make_session()
    if lent is None:
        lent = await engine.connect()
        await lent.execute(text("select 1"))
"""


def call(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, str(PLUGIN.parent / "observe.py"), *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603 (our own command)


def observe(
    folder: Path, routes: str, *options: str, served: int = SERVED, drive: str = BY_TURNS
) -> dict[str, Any]:
    """Run a service that serves itself so many requests, and give what is told of it."""
    source = SERVICE.replace("ROUTES", routes).replace("DRIVE", drive)
    (folder / "service.py").write_text(source)
    command = (sys.executable, "service.py", str(served))
    done = call(folder, "--format=json", *options, "--", *command)
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    assert not [each for each in told["notices"] if each["level"] == "error"]
    # The module makes its engine by itself, which is told whatever requests do.
    told["findings"] = [each for each in told["findings"] if not each["rule"].startswith("engine/")]
    return told


def sampled(told: dict[str, Any]) -> list[str]:
    return [each["message"] for each in told["notices"] if each["message"].startswith("Watched ")]


@pytest.mark.exhaustive
@pytest.mark.parametrize("options", [(), ("--every-request",)], ids=" ".join)
@pytest.mark.parametrize(
    ("routes", "drive"),
    [(SOUND, BY_TURNS), (GATHERS, BY_TURNS), (DEPENDS, BY_TURNS), (DEPENDS, AT_ONCE)],
    ids=["a middleware's and a task's", "several", "a dependency's", "at once"],
)
def test_a_sound_service_stays_silent(
    tmp_path: Path, routes: str, drive: str, options: tuple[str, ...]
) -> None:
    told = observe(tmp_path, routes, *options, drive=drive)
    assert told["findings"] == []
    assert told["requests"] == (SERVED if options else WATCHED)
    assert [each.startswith(SAYS) for each in sampled(told)] == ([] if options else [True])


def test_a_flaw_of_every_request_is_counted_of_those_watched(tmp_path: Path) -> None:
    told = observe(tmp_path, FORGETS.replace("FROM", "0"))
    (found,) = told["findings"]
    assert found["rule"] == "session/commit-before-response"
    assert found["requests"] == told["requests"] == WATCHED


@pytest.mark.parametrize("begins", [300, 301, 302, 303, 305, 310])
def test_a_flaw_that_begins_later_is_found_by_the_next_that_is_watched(
    tmp_path: Path, begins: int
) -> None:
    told = observe(tmp_path, FORGETS.replace("FROM", str(begins)), served=340)
    (found,) = told["findings"]
    assert found["rule"] == "session/commit-before-response"
    # That one, those after it, and what would have been watched all the same.
    assert found["requests"] > AFTER_NEW


@pytest.mark.exhaustive
def test_a_pool_that_unwatched_requests_fill_is_full(tmp_path: Path) -> None:
    told = observe(tmp_path, DEPENDS, drive=AT_ONCE_LATER)
    assert {each["rule"] for each in told["findings"]} == {"pooling/watch-the-pool"}


@pytest.mark.exhaustive
def test_what_unwatched_requests_began_is_unknown(tmp_path: Path) -> None:
    told = observe(tmp_path, BEGUN_BY_OTHERS.replace("IS_WATCHED", "is_watched()"))
    assert told["findings"] == []
    watched = BEGUN_BY_OTHERS.replace("IS_WATCHED", "count % 2")
    rules = {each["rule"] for each in observe(tmp_path, watched, served=40)["findings"]}
    assert len(rules) > 1  # it is seen of requests that are watched


def test_it_is_said_in_every_format(tmp_path: Path) -> None:
    observe(tmp_path, FORGETS.replace("FROM", "0"), "--notes=kept", "--html=out.html")
    text = call(tmp_path, "--notes=kept").stderr
    assert SAYS in " ".join(text.split())
    for format_ in ("json", "sarif", "github"):
        assert SAYS in call(tmp_path, "--notes=kept", f"--format={format_}").stdout
    assert SAYS in (tmp_path / "out.html").read_text("utf-8")
