"""Tasks that use one session at the same time, tasks that do not, and what each of them holds."""

from pathlib import Path

import pytest

from helpers.observing import findings_in

SERVICE = """
import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
from fastapi import Depends, FastAPI, Request
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.pool import NullPool

ONE, TWO = text("select 1"), text("select 2")
state = {}


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    warm = create_async_engine("sqlite+aiosqlite:///warm.db", pool_size=2)
    cold = create_async_engine("sqlite+aiosqlite:///cold.db", poolclass=NullPool)
    single = create_async_engine("sqlite+aiosqlite:///one.db", pool_size=1, max_overflow=0)
    for name, engine in (("warm", warm), ("cold", cold), ("single", single)):
        state[name] = async_sessionmaker(engine)
    async with state["warm"]() as session:
        await session.scalar(ONE)
    yield
    for engine in (warm, cold, single):
        await engine.dispose()


app = FastAPI(lifespan=lifespan)


async def get_session(pool: str) -> AsyncIterator[AsyncSession]:
    session = state[pool]()
    try:
        yield session
    finally:
        await session.close()


async def ask(session: AsyncSession) -> int:
    return await session.scalar(ONE)  # asks


async def calls(session: AsyncSession) -> None:
    await asyncio.gather(ask(session), ask(session))  # calls


async def exceptions(session: AsyncSession) -> None:
    await asyncio.gather(ask(session), ask(session), return_exceptions=True)  # exceptions


async def group(session: AsyncSession) -> None:
    async with asyncio.TaskGroup() as tasks:
        for _ in range(2):
            tasks.create_task(ask(session))  # group


async def created(session: AsyncSession) -> None:
    tasks = [asyncio.create_task(ask(session)) for _ in range(2)]  # created
    for task in tasks:
        await task


async def bare(session: AsyncSession) -> None:
    await asyncio.gather(session.scalar(ONE), session.scalar(TWO))  # bare


async def beside(session: AsyncSession) -> None:
    task = asyncio.create_task(ask(session))  # beside
    await asyncio.sleep(0)
    try:
        await ask(session)
    finally:
        await asyncio.wait([task])


async def any_group(session: AsyncSession) -> None:
    async with anyio.create_task_group() as tasks:
        for _ in range(2):
            tasks.start_soon(ask, session)  # any_group


async def waited(session: AsyncSession) -> None:
    await asyncio.wait([asyncio.ensure_future(ask(session)) for _ in range(2)])  # waited


async def completed(session: AsyncSession) -> None:
    for done in asyncio.as_completed([ask(session), ask(session)]):  # completed
        await done


async def ending(session: AsyncSession) -> None:
    await session.execute(ONE)
    await asyncio.gather(session.execute(ONE), session.commit())  # ending


async def limited(session: AsyncSession) -> None:
    await asyncio.wait_for(asyncio.gather(ask(session), ask(session)), 5)  # limited


async def functions(session: AsyncSession) -> None:
    ask = lambda sync: sync.scalar(ONE)
    await asyncio.gather(session.run_sync(ask), session.run_sync(ask))  # functions


# --- and what is right -------------------------------------------------------------------------


async def in_turn(session: AsyncSession) -> None:
    await asyncio.create_task(ask(session))
    await asyncio.create_task(ask(session))


async def locked(session: AsyncSession) -> None:
    lock = asyncio.Lock()

    async def one() -> None:
        async with lock:
            await ask(session)

    await asyncio.gather(one(), one())


async def in_time(session: AsyncSession) -> None:
    await asyncio.wait_for(ask(session), 5)
    await asyncio.wait_for(session.scalar(ONE), 5)


@app.get("/shared/{way}")
async def shared(way: str, session: AsyncSession = Depends(get_session)) -> str:
    try:
        await globals()[way](session)
    except Exception as error:
        return repr(error)
    return ""


@app.middleware("http")
async def with_session(request: Request, call_next):
    if request.url.path != "/middleware":
        return await call_next(request)
    async with state["warm"]() as request.state.session:
        await ask(request.state.session)
        return await call_next(request)


@app.get("/middleware")
async def of_the_middleware(request: Request) -> int:
    return await ask(request.state.session)


async def ask_alone() -> int:
    async with state["single"]() as session:
        return await ask(session)


@app.get("/own")
async def a_session_each() -> list[int]:
    return await asyncio.gather(ask_alone(), ask_alone(), ask_alone())


@app.get("/own-after")
async def a_session_each_after() -> list[int]:
    async with state["single"]() as session:
        await asyncio.wait_for(ask(session), 5)
    return await asyncio.gather(ask_alone(), ask_alone())


@app.get("/own-made-before")
async def sessions_made_before() -> list[int]:
    async def ask_and_close(session: AsyncSession) -> int:
        async with session:
            return await ask(session)

    return await asyncio.gather(*(ask_and_close(state["single"]()) for _ in range(2)))


async def ask_beside() -> int:
    async with state["warm"]() as session:
        return await ask(session)


@app.get("/holds-one")
async def holds_one_and_starts_tasks() -> list[int]:
    async with state["warm"]() as session:
        await ask(session)
        return await asyncio.gather(ask_beside(), ask_beside())


@app.get("/holds-in-time")
async def takes_in_a_task_and_asks_again() -> int:
    async with state["warm"]() as session:
        await asyncio.wait_for(ask(session), 5)
        return await ask_beside()
"""
WAYS = (
    *("calls", "exceptions", "group", "created", "bare", "beside", "any_group", "waited"),
    *("completed", "ending", "limited", "functions"),
)
# Some collisions leave a connection out, which is told too.
LEFT_BY_A_COLLISION = {
    *("session/no-async-for-sessions", "session/own-session-outside-requests"),
    "engine/disposed-on-shutdown",
}
RIGHT = ("in_turn", "locked", "in_time")
TESTS = """
import pytest
from fastapi.testclient import TestClient
from service import app


@pytest.mark.filterwarnings("ignore")
def test_all():
    with TestClient(app, raise_server_exceptions=False) as client:
        for path in PATHS:
            assert client.get(path).status_code in EXPECTED, path
"""


def found_in(
    project: Path, *paths: str, statuses: tuple[int, ...] = (200,)
) -> set[tuple[str, str, str]]:
    """Give rule, grade and the comment of the line of each finding."""
    tests = TESTS.replace("PATHS", repr(paths)).replace("EXPECTED", repr(statuses))
    found = findings_in(project, SERVICE, tests)
    lines = SERVICE.splitlines()
    return {
        (each["rule"], each["grade"], lines[each["line"] - 1].partition("  # ")[2])
        for each in found
        if each["rule"] not in LEFT_BY_A_COLLISION
    }


@pytest.mark.parametrize("pool", ["warm", "cold"])
def test_each_way_to_share_is_proven_where_the_tasks_are_started(tmp_path: Path, pool: str) -> None:
    paths = [f"/shared/{way}?pool={pool}" for way in WAYS]
    found = found_in(tmp_path, *paths, statuses=(200, 500))
    assert found == {("session/never-shared-between-tasks", "proven", way) for way in WAYS}


def test_who_takes_turns_shares_nothing(tmp_path: Path) -> None:
    paths = [f"/shared/{way}?pool={pool}" for way in RIGHT for pool in ("warm", "cold")]
    assert found_in(tmp_path, *paths, "/middleware") == set()


def test_a_session_for_each_task_is_no_second_checkout(tmp_path: Path) -> None:
    assert found_in(tmp_path, "/own", "/own-after", "/own-made-before") == set()


@pytest.mark.parametrize("path", ["/holds-one", "/holds-in-time"])
def test_who_holds_one_and_waits_for_tasks_takes_a_second(tmp_path: Path, path: str) -> None:
    assert found_in(tmp_path, path) == {("pooling/one-connection-per-request", "proven", "asks")}
