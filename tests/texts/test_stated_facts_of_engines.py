"""What references/engine.md states besides its rules, and the drivers of PostgreSQL still do."""

import asyncio
import gc
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import (
    URL,
    BigInteger,
    DateTime,
    Integer,
    bindparam,
    create_engine,
    event,
    func,
    literal,
    literal_column,
    make_url,
    select,
    text,
)
from sqlalchemy.exc import DataError, DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

pytestmark = pytest.mark.postgres

ASYNCPG, PSYCOPG = "postgresql+asyncpg", "postgresql+psycopg"
ONE: dict[str, Any] = {"pool_size": 1, "max_overflow": 0}


@pytest.fixture(scope="module")
def url(new_database: Callable[[], str]) -> URL:
    return make_url(new_database())


@asynccontextmanager
async def made(url: URL, driver: str = ASYNCPG, **options: Any) -> AsyncIterator[AsyncEngine]:
    engine = create_async_engine(url.set(drivername=driver), **options)
    try:
        yield engine
    finally:
        await engine.dispose()


# --- loops --------------------------------------------------------------------------------------


async def ask(engine: AsyncEngine) -> object:
    async with engine.connect() as connection:
        return await connection.scalar(text("select pg_backend_pid()"))


RUNS = """
import asyncio, json, sys
from sqlalchemy import select
from sqlalchemy.ext.asyncio import create_async_engine

options = json.loads(sys.argv[2])
engine = create_async_engine(sys.argv[1], pool_size=1, max_overflow=0, **options)

async def ask():
    async with engine.connect() as connection:
        await connection.scalar(select(1))

told = []
for _ in range(3):
    try:
        asyncio.run(ask())
        told.append("answered")
    except Exception as error:
        told.append(str(error))
print(json.dumps(told))
"""
DIFFERENT, CLOSED = "attached to a different loop", "Event loop is closed"
ANOTHER = "another operation is in progress"


@pytest.mark.parametrize(
    ("driver", "options", "said"),
    [
        (ASYNCPG, {}, ["answered", DIFFERENT, ANOTHER]),
        (ASYNCPG, {"connect_args": {"command_timeout": 5}}, ["answered", CLOSED, ANOTHER]),
        (ASYNCPG, {"pool_pre_ping": True}, ["answered", DIFFERENT, "answered"]),
        (PSYCOPG, {}, ["answered", "answered", "answered"]),
    ],
)
def test_what_an_engine_says_that_several_loops_share(
    url: URL, driver: str, options: dict[str, Any], said: list[str]
) -> None:
    driven = url.set(drivername=driver).render_as_string(hide_password=False)
    command = [sys.executable, "-W", "ignore", "-c", RUNS, driven, json.dumps(options)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
    told = json.loads(done.stdout)
    assert [text in each for text, each in zip(said, told, strict=True)] == [True] * 3, told


def test_one_runner_for_a_process_keeps_its_engine_and_its_connection(url: URL) -> None:
    with asyncio.Runner() as runner:
        engine = create_async_engine(url.set(drivername=ASYNCPG), **ONE)
        assert len({runner.run(ask(engine)) for _ in range(3)}) == 1
        runner.run(engine.dispose())


@pytest.mark.asyncio
@pytest.mark.filterwarnings("ignore:The garbage collector")
async def test_a_connection_that_nobody_gave_back_is_told_by_the_collector(
    url: URL, caplog: pytest.LogCaptureFixture
) -> None:
    async with made(url) as engine:
        await engine.connect()
        gc.collect()
    assert "garbage collector is trying to clean up non-checked-in connection" in caplog.text


# --- connecting ---------------------------------------------------------------------------------


@pytest.mark.asyncio
async def test_a_password_that_is_a_function_is_asked_for_by_each_connection(url: URL) -> None:
    asked = 0

    async def token() -> str:
        nonlocal asked
        asked += 1
        return "token"

    async with made(url, connect_args={"password": token}) as engine:
        async with engine.connect(), engine.connect():
            pass
        async with engine.connect():
            pass
    assert asked == 2


@pytest.mark.asyncio
@pytest.mark.parametrize("insert", [True, False])
async def test_who_connects_for_an_engine_is_the_last_that_is_asked(url: URL, insert: bool) -> None:
    called = []

    def connect(dialect: Any, record: object, args: Any, options: Any) -> object:
        called.append("connects")
        return dialect.connect(*args, **options)

    def second(*told: object) -> None:
        called.append("second")

    async with made(url) as engine:
        event.listen(engine.sync_engine, "do_connect", connect)
        event.listen(engine.sync_engine, "do_connect", second, insert=insert)
        await ask(engine)
    assert called == ["connects"]


# --- psycopg ------------------------------------------------------------------------------------


@pytest.mark.asyncio
@pytest.mark.parametrize("word", ["channel_binding=prefer", "keepalives=1", "connect_timeout=5"])
async def test_psycopg_takes_the_words_of_libpq_on_both_sides(url: URL, word: str) -> None:
    told = url.set(drivername=PSYCOPG).update_query_string(word)
    async with made(told, PSYCOPG) as engine:
        assert await ask(engine)
    sync = create_engine(told)
    with sync.connect() as connection:
        assert connection.scalar(select(1)) == 1
    sync.dispose()


@pytest.mark.asyncio
@pytest.mark.parametrize(("driver", "most"), [(ASYNCPG, 32_767), (PSYCOPG, 65_535)])
async def test_how_many_parameters_a_driver_takes(url: URL, driver: str, most: int) -> None:
    async with made(url, driver) as engine, engine.connect() as connection:
        for parameters in (most, most + 1):
            listed = literal_column("1").in_(range(parameters))
            if parameters == most:
                assert await connection.scalar(select(listed)) is True
            else:
                with pytest.raises(DBAPIError, match=str(most)):
                    await connection.scalar(select(listed))


@pytest.mark.asyncio
async def test_psycopg_takes_a_text_for_a_number(url: URL) -> None:
    statement = select(bindparam("id", "1", Integer))
    async with made(url, PSYCOPG) as engine, engine.connect() as connection:
        assert await connection.scalar(statement) == 1
    async with made(url, ASYNCPG) as engine, engine.connect() as connection:
        with pytest.raises(DBAPIError, match="'str' object cannot be interpreted"):
            await connection.scalar(statement)


@pytest.mark.asyncio
async def test_what_asyncpg_calls_a_mere_error_is_named_by_psycopg(url: URL) -> None:
    statement = select(bindparam("id", 2**64, BigInteger))
    for driver, error in ((ASYNCPG, DBAPIError), (PSYCOPG, DataError)):
        async with made(url, driver) as engine, engine.connect() as connection:
            with pytest.raises(DBAPIError) as told:
                await connection.scalar(statement)
            assert type(told.value) is error


@pytest.mark.asyncio
async def test_psycopg_takes_a_time_without_zone_for_one_of_the_server_s_session(url: URL) -> None:
    noon = select(func.timezone("UTC", literal(datetime(2026, 1, 2, 12), DateTime(timezone=True))))
    async with made(url, PSYCOPG) as engine, engine.connect() as connection:
        await connection.execute(text("set timezone = 'Asia/Tokyo'"))
        assert await connection.scalar(noon) == datetime(2026, 1, 2, 3)
