"""`pytest -p observe` sees the same of a service however its tests reach it."""

from pathlib import Path

import pytest

from helpers.observing import findings_in

SERVICE = """
import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import BackgroundTasks, Depends, FastAPI
from sqlalchemy import ForeignKey, create_engine, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

URL = "sqlite+aiosqlite:///service.db"
state = {}


class Base(DeclarativeBase):
    pass


class Parent(Base):
    __tablename__ = "parents"
    id: Mapped[int] = mapped_column(primary_key=True)
    children: Mapped[list["Child"]] = relationship()


class Child(Base):
    __tablename__ = "children"
    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int] = mapped_column(ForeignKey("parents.id"))


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    engine = create_async_engine(URL, pool_size=1, max_overflow=0, pool_timeout=10)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)
    state["sessions"] = async_sessionmaker(engine, expire_on_commit=False)
    state["sync"] = create_engine(URL.replace("+aiosqlite", ""))
    async with state["sessions"].begin() as session:
        session.add_all([Parent(children=[Child(), Child()]) for _ in range(6)])
    try:
        yield
    finally:
        await engine.dispose()
        state.pop("sync").dispose()


app = FastAPI(lifespan=lifespan)


async def get_session() -> AsyncIterator[AsyncSession]:
    async with state["sessions"].begin() as session:
        yield session


SessionDep = Annotated[AsyncSession, Depends(get_session, scope="function")]


@app.get("/good")
async def good(session: SessionDep) -> int:
    return len((await session.scalars(select(Parent))).all())


@app.get("/one-by-one")
async def one_by_one(session: SessionDep) -> int:
    found = 0
    for parent in await session.scalars(select(Parent)):
        found += len((await session.scalars(select(Child).where(Child.parent_id == parent.id))).all())
    return found


@app.get("/lazy")
async def lazy(session: SessionDep) -> int:
    parent = (await session.scalars(select(Parent))).first()
    try:
        return len(parent.children)
    except Exception:
        return -1


@app.get("/blocking")
async def blocking() -> int:
    with Session(state["sync"]) as session:
        return len(session.scalars(select(Parent)).all())


@app.get("/threaded-lazy")
def threaded_lazy() -> int:
    with Session(state["sync"]) as session:
        return sum(len(parent.children) for parent in session.scalars(select(Parent)))


@app.get("/slow-thread")
def slow_thread() -> int:
    with Session(state["sync"]) as session:
        count = len(session.scalars(select(Parent)).all())
        time.sleep(0.3)  # much longer than a busy machine may keep a thread from its processor
        return count + len(session.scalars(select(Child)).all())


@app.get("/calls-out")
async def calls_out(session: SessionDep) -> int:
    count = len((await session.scalars(select(Parent))).all())
    await call_somebody()
    return count


@app.get("/calls-out-first")
async def calls_out_first(session: SessionDep) -> int:
    await call_somebody()
    return len((await session.scalars(select(Parent))).all())


async def call_somebody() -> None:
    await asyncio.sleep(0.01)


async def leak() -> None:
    session = state["sessions"]()
    await session.scalars(select(Parent))


@app.get("/leaking")
async def leaking(background: BackgroundTasks) -> int:
    background.add_task(leak)
    return 1
"""
PATHS = """
PATHS = [
    "/good", "/one-by-one", "/lazy", "/blocking", "/threaded-lazy", "/slow-thread", "/calls-out",
    "/calls-out-first", "/leaking",
]
"""
EXPECTED = {
    ("/one-by-one", "loading/no-n-plus-one", "suspected"),
    ("/lazy", "loading/no-lazy-loads", "proven"),
    ("/blocking", "migrating/no-sync-left", "proven"),
    ("/threaded-lazy", "loading/no-lazy-loads", "review"),
    ("/threaded-lazy", "loading/no-n-plus-one", "proven"),
    ("/slow-thread", "session/no-network-while-connected", "suspected"),
    ("/calls-out", "session/no-network-while-connected", "proven"),
    ("/leaking", "session/own-session-outside-requests", "proven"),
}
TEST_CLIENT = """
from fastapi.testclient import TestClient
from service import app

def test_all():
    with TestClient(app) as client:
        for path in PATHS:
            assert client.get(path).status_code == 200
"""
MOUNTED = """
from fastapi import FastAPI
from fastapi.testclient import TestClient
from service import app, lifespan

def test_all():
    outer = FastAPI(lifespan=lifespan)
    outer.mount("/inner", app)
    with TestClient(outer) as client:
        for path in PATHS:
            assert client.get("/inner" + path).status_code == 200
"""
UVICORN = """
import socket
import threading
import time

import httpx
import uvicorn
from service import app

def test_all():
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        while not server.started:
            time.sleep(0.01)
        for path in PATHS:
            url = f"http://127.0.0.1:{listener.getsockname()[1]}{path}"
            assert httpx.get(url).status_code == 200
    finally:
        server.should_exit = True
        thread.join()
"""
ASYNC = """
import httpx
import pytest
from service import app, lifespan

@pytest.mark.MARK
async def test_all():
    async with lifespan(app):
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            for path in PATHS:
                assert (await client.get(path)).status_code == 200
"""
ANYIO_BACKEND = """
@pytest.fixture
def anyio_backend():
    return "asyncio"
"""
# The tests hand out a session of their own, on a connection whose transaction they roll back.
OVERRIDDEN = """
import httpx
import pytest
from service import URL, app, get_session, lifespan
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.pool import NullPool

@pytest.mark.asyncio
async def test_all():
    async with lifespan(app):
        engine = create_async_engine(URL, poolclass=NullPool)
        connection = await engine.connect()
        await connection.begin()
        session = AsyncSession(connection, join_transaction_mode="create_savepoint")
        app.dependency_overrides[get_session] = lambda: session
        transport = httpx.ASGITransport(app)
        try:
            async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
                for path in PATHS:
                    assert (await client.get(path)).status_code == 200
        finally:
            app.dependency_overrides.clear()
            await session.close()
            await connection.close()
            await engine.dispose()
"""
STYLES = {
    "TestClient": TEST_CLIENT,
    "mounted under another app": MOUNTED,
    "uvicorn in a thread": UVICORN,
    "pytest-asyncio": ASYNC.replace("MARK", "asyncio"),
    "anyio": ASYNC.replace("MARK", "anyio") + ANYIO_BACKEND,
    "a session of the tests": OVERRIDDEN,
}
POOL_OF_ONE = """
import asyncio

import httpx
import pytest
from service import app, lifespan, state
from sqlalchemy.ext.asyncio import AsyncSession

@pytest.mark.asyncio
async def test_two_at_once(monkeypatch):
    async with lifespan(app):
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            answers = await asyncio.gather(*(client.get("/calls-out") for _ in range(2)))
    assert [answer.status_code for answer in answers] == [200, 200]
"""


@pytest.mark.parametrize("style", STYLES)
def test_the_same_is_seen(tmp_path: Path, style: str) -> None:
    found = findings_in(tmp_path, SERVICE, PATHS + STYLES[style])

    told = {
        (f"/{finding['route'].rpartition('/')[2]}", finding["rule"], finding["grade"])
        for finding in found
        if "route" in finding
    }
    assert told == EXPECTED
    # The leaked connection outlives the app, where the app's own lifespan is run.
    others = {finding["rule"] for finding in found if "route" not in finding}
    assert others <= {"engine/disposed-on-shutdown"}
    assert {finding["path"] for finding in found} == {"service.py"}
    lines = SERVICE.splitlines()
    (called_out,) = (
        finding for finding in found if finding.get("route", "").endswith("/calls-out")
    )
    assert lines[called_out["line"] - 1].strip() == "await asyncio.sleep(0.01)"
    assert "asyncio.tasks.sleep" in called_out["message"]


def test_a_wait_for_a_pool_that_requests_hold(tmp_path: Path) -> None:
    found = findings_in(tmp_path, SERVICE, POOL_OF_ONE)

    assert {finding["rule"] for finding in found} == {
        "session/no-network-while-connected",
        "pooling/watch-the-pool",
    }
    (waited,) = (finding for finding in found if finding["rule"] == "pooling/watch-the-pool")
    assert "ms for a connection: requests hold all of the pool" in waited["message"]
