"""What references/pooling.md states besides its rules, and PostgreSQL and PgBouncer still do."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy import event, make_url, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from async_db.servers import throwaway_network, throwaway_pgbouncer

pytestmark = [pytest.mark.postgres, pytest.mark.asyncio]

NO_CACHES = {"statement_cache_size": 0, "prepared_statement_cache_size": 0}


@pytest.fixture(scope="module")
def url(new_database: Callable[[], str]) -> str:
    return new_database()


@asynccontextmanager
async def made(url: str, pool_size: int = 1, **options: Any) -> AsyncIterator[AsyncEngine]:
    driven = make_url(url).set(drivername="postgresql+asyncpg")
    options = {"max_overflow": 0} | options
    engine = create_async_engine(driven, pool_size=pool_size, **options)
    try:
        yield engine
    finally:
        await engine.dispose()


# --- overflow -----------------------------------------------------------------------------------


async def bursts(engine: AsyncEngine) -> None:
    """Twenty times fifteen at once, all of whom are done before the next come."""

    async def use(all_here: asyncio.Barrier) -> None:
        async with engine.connect():
            await all_here.wait()

    for _ in range(20):
        all_here = asyncio.Barrier(15)
        await asyncio.gather(*(use(all_here) for _ in range(15)))


async def without_a_pause(engine: AsyncEngine) -> None:
    """Fifteen who use a connection forty times each, one after the other."""

    async def use() -> None:
        for _ in range(40):
            async with engine.connect() as connection:
                await connection.scalar(select(1))

    await asyncio.gather(*(use() for _ in range(15)))


@pytest.mark.parametrize(
    ("sizes", "load", "least", "most"),
    [
        ((5, 10), bursts, 205, 205),
        ((10, 5), bursts, 110, 110),
        ((15, 0), bursts, 15, 15),
        ((5, 10), without_a_pause, 15, 200),  # of 600 checkouts: how many depends on the machine
    ],
)
async def test_overflow_is_opened_anew_where_all_let_go_at_once(
    url: str, sizes: tuple[int, int], load: Callable[[AsyncEngine], Any], least: int, most: int
) -> None:
    async with made(url, sizes[0], max_overflow=sizes[1]) as engine:
        opened = []
        event.listen(engine.sync_engine, "connect", lambda *told: opened.append(told))
        await load(engine)
    assert least <= len(opened) <= most


# --- what a connection keeps --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("done", "asked", "kept"),
    [
        ("set timezone = 'Asia/Tokyo'", "show timezone", "Asia/Tokyo"),
        ("select pg_advisory_lock(7)", "select count(*) from pg_locks where objid = 7", 1),
        ("select pg_try_advisory_lock(6)", "select count(*) from pg_locks where objid = 6", 1),
        ("create temp table t (n int)", "select count(*) from pg_class where relname = 't'", 1),
        ("listen news", "select count(*) from pg_listening_channels()", 1),
        ("select pg_advisory_xact_lock(8)", "select count(*) from pg_locks where objid = 8", 0),
        ("set local work_mem = '7MB'", "select current_setting('work_mem') = '7MB'", False),
        (
            "create temp table u (n int) on commit drop",
            "select count(*) from pg_class where relname = 'u'",
            0,
        ),
    ],
)
async def test_what_a_connection_keeps_for_whoever_gets_it_next(
    url: str, done: str, asked: str, kept: object
) -> None:
    async with made(url) as engine:
        async with engine.begin() as connection:
            await connection.execute(text(done))
        async with engine.connect() as connection:
            assert await connection.scalar(text(asked)) == kept


async def test_a_rollback_undoes_a_set_and_no_advisory_lock(url: str) -> None:
    async with made(url) as engine:
        async with engine.connect() as connection:
            before = await connection.scalar(text("show timezone"))
            await connection.execute(text("set timezone = 'Asia/Tokyo'"))
            await connection.execute(text("select pg_advisory_lock(9)"))
        async with engine.connect() as connection:
            assert await connection.scalar(text("show timezone")) == before
            locks = text("select count(*) from pg_locks where objid = 9")
            assert await connection.scalar(locks) == 1


# --- statements that are prepared ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "round_trips"),
    [
        ({}, 0),
        ({"pool_pre_ping": True}, 3),
        ({"pool_pre_ping": True, "connect_args": NO_CACHES}, 4),
    ],
)
async def test_what_a_ping_at_every_checkout_costs(
    url: str, options: dict[str, Any], round_trips: int
) -> None:
    with throwaway_network(url) as network:
        async with made(network.url, **options) as engine:
            for _ in range(3):
                before = network.round_trips
                async with engine.connect():
                    pass
            assert network.round_trips - before == round_trips


@pytest.mark.pgbouncer
@pytest.mark.parametrize(
    ("named", "isolation_level", "error"),
    [
        (True, "AUTOCOMMIT", "does not exist"),
        (True, "READ COMMITTED", None),
        (False, "AUTOCOMMIT", None),
    ],
)
async def test_a_named_statement_is_lost_outside_of_a_transaction(
    url: str, named: bool, isolation_level: str, error: str | None
) -> None:
    with throwaway_pgbouncer(url, {"pool_mode": "transaction", "default_pool_size": 2}) as through:
        other, interrupting = await asyncpg.connect(through), asyncio.Event()

        class Interrupted(asyncpg.Connection):
            """Has another client take the server connection on which it has just prepared."""

            async def prepare(self, *args: Any, **options: Any) -> Any:
                prepared = await super().prepare(*args, **options)
                if interrupting.is_set():
                    await other.execute("begin; select 1")
                return prepared

        connect_args: dict[str, Any] = NO_CACHES | {"connection_class": Interrupted}
        if named:
            connect_args["prepared_statement_name_func"] = lambda: f"s{uuid4().hex}"
        options: dict[str, Any] = {"isolation_level": isolation_level}
        engine_made = made(through, connect_args=connect_args, **options)
        async with engine_made as engine, engine.connect() as connection:
            await connection.scalar(select(1))
            await connection.rollback()
            interrupting.set()
            told = None
            try:
                await connection.scalar(select(1))
            except DBAPIError as failure:
                told = str(failure.orig)
        await other.close()
    assert (told is None) if error is None else (error in str(told))
