"""How to meet the errors that `references/symptoms.md` names beside the outcomes of the proofs."""

import asyncio
import gc
import traceback
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import Annotated, Any

import asyncpg
from fastapi import Depends, FastAPI, Request, Response
from httpx import ASGITransport, AsyncClient
from modern_di import Container, Group, Scope
from modern_di.providers import Factory
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.orm import joinedload

from async_db.servers import throwaway_pgbouncer
from helpers.stated_models import Base, Order

Symptom = Callable[[str], Awaitable[object]]
"""Meets one error on the database of that URL, which names its driver."""


@asynccontextmanager
async def _engine(url: str, **options: Any) -> AsyncIterator[AsyncEngine]:
    engine = create_async_engine(url, **options)
    try:
        yield engine
    finally:
        await engine.dispose()


@asynccontextmanager
async def _two(url: str, **options: Any) -> AsyncIterator[tuple[AsyncSession, AsyncSession]]:
    """Two sessions at once, and two orders."""
    await _tables(url)
    async with (
        _engine(url, **options) as engine,
        AsyncSession(engine) as first,
        AsyncSession(engine) as second,
    ):
        yield first, second


async def _tables(url: str) -> None:
    async with _engine(url) as engine, engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)
        await connection.execute(text("insert into orders (id, number) values (1, 0), (2, 0)"))
        await connection.execute(text("insert into items (id, order_id) values (1, 1)"))


def _with_session(work: Callable[[AsyncSession], Awaitable[object]]) -> Symptom:
    async def symptom(url: str) -> object:
        await _tables(url)
        async with _engine(url) as engine, AsyncSession(engine) as session:
            return await work(session)

    return symptom


def _with_statement(statement: str, **values: object) -> Symptom:
    return _with_session(lambda session: session.execute(text(statement), values))


async def _read_after_close(url: str) -> object:
    await _tables(url)
    async with _engine(url) as engine, AsyncSession(engine) as session:
        order = await session.get_one(Order, 1)
    return order.items


async def _collection_without_unique(session: AsyncSession) -> None:
    (await session.scalars(select(Order).options(joinedload(Order.items)))).all()


async def _not_awaited(session: AsyncSession) -> None:
    result: Any = session.execute(select(1))
    try:
        result.scalars()
    finally:
        result.close()


async def _begin_twice(session: AsyncSession) -> None:
    await session.execute(select(1))
    async with session.begin():
        pass


async def _stream_by_execute(session: AsyncSession) -> None:
    await session.execute(select(Order).execution_options(yield_per=2))


async def _string(url: str) -> None:
    async with _engine(url) as engine, engine.connect() as connection:
        await connection.execute("select 1")  # type: ignore[call-overload]  # what people write


async def _use_closed(url: str) -> None:
    session = async_sessionmaker(create_async_engine(url), close_resets_only=False)()
    await session.close()
    await session.execute(select(1))


async def _exhaust(url: str) -> None:
    one = {"pool_size": 1, "max_overflow": 0, "pool_timeout": 0.1}
    async with _engine(url, **one) as engine, engine.connect(), engine.connect():
        pass


async def _two_writers(url: str) -> None:
    async with _two(url, connect_args={"timeout": 0}) as sessions:
        for session in sessions:
            await session.execute(text("update orders set number = 1"))


async def _size_of_memory(_: str) -> None:
    create_async_engine("sqlite+aiosqlite://", pool_size=5)


async def _sync_driver(_: str) -> None:
    create_async_engine("sqlite:///service.db")


async def _run_in_a_loop(_: str) -> None:
    coroutine = asyncio.sleep(0)
    try:
        asyncio.run(coroutine)  # as an `env.py` does
    finally:
        coroutine.close()


async def _commit_too_late(_: str) -> None:
    async def late() -> AsyncIterator[None]:
        yield
        raise LookupError

    async def handler(request: Request, error: Exception) -> Response:
        return Response(status_code=409)

    await _asked(late, {LookupError: handler})


async def _swallowed(_: str) -> None:
    async def swallowing() -> AsyncIterator[None]:
        with suppress(LookupError):
            yield

    await _asked(swallowing, {}, raising=LookupError)


async def _asked(
    dependency: Callable[[], AsyncIterator[None]],
    handlers: Mapping[Any, Any],
    raising: type[Exception] | None = None,
) -> None:
    app = FastAPI(exception_handlers=dict(handlers))

    @app.get("/")
    async def operation(_: Annotated[None, Depends(dependency)]) -> None:
        if raising:
            raise raising

    async with AsyncClient(transport=ASGITransport(app), base_url="http://test") as client:
        await client.get("/")


async def _wrong_scope(_: str) -> None:
    async def narrow() -> AsyncIterator[None]:
        yield

    async def wide(_: Annotated[None, Depends(narrow, scope="function")]) -> AsyncIterator[None]:
        yield

    await _asked(wide, {})  # type: ignore[arg-type]  # FastAPI fills it in


async def _two_of_a_type(_: str) -> None:
    class Providers(Group):
        first = Factory(Order, scope=Scope.APP)
        second = Factory(Order, scope=Scope.APP)

    Container(groups=[Providers])


async def _limited(session: AsyncSession, limit: str, statement: str) -> None:
    await session.execute(text(f"set local {limit} = '100ms'"))
    await session.execute(text(statement))


async def _lock_timeout(url: str) -> None:
    locked = "select id from orders where id = 1 for update"
    async with _two(url) as (first, second):
        await first.execute(text(locked))
        await _limited(second, "lock_timeout", locked)


async def _deadlock(url: str) -> None:
    update = text("update orders set number = number + 1 where id = :id")
    async with _two(url) as (first, second):
        await first.execute(update, {"id": 1})
        await second.execute(update, {"id": 2})
        both = (first.execute(update, {"id": 2}), second.execute(update, {"id": 1}))
        for result in await asyncio.gather(*both, return_exceptions=True):
            if isinstance(result, Exception):
                raise result


async def _serialization(url: str) -> None:
    update = text("update orders set number = number + 1 where id = 1")
    async with _two(url, isolation_level="REPEATABLE READ") as (first, second):
        await first.execute(select(Order.number))
        await second.execute(update)
        await second.commit()
        await first.execute(update)


async def _read_only(session: AsyncSession) -> None:
    await session.execute(text("set transaction read only"))
    await session.execute(text("insert into orders (id, number) values (9, 0)"))


async def _lock_joined(session: AsyncSession) -> None:
    await session.execute(select(Order).options(joinedload(Order.items)).with_for_update())


async def _savepoint_in_autocommit(session: AsyncSession) -> None:
    await session.connection(execution_options={"isolation_level": "AUTOCOMMIT"})
    await session.execute(text("savepoint one"))


async def _raw(url: str) -> asyncpg.Connection:
    return await asyncpg.connect(url.replace("+asyncpg", ""))


async def _prepared_twice(url: str) -> None:
    connection = await _raw(url)
    try:
        for _ in range(2):
            await connection.execute('prepare "__asyncpg_stmt_1__" as select 1')
    finally:
        await connection.close()


async def _never_prepared(url: str) -> None:
    connection = await _raw(url)
    try:
        await connection.execute('execute "__asyncpg_stmt_1__"')
    finally:
        await connection.close()


async def _changed_meanwhile(url: str) -> None:
    await _tables(url)
    one = {"pool_size": 1, "max_overflow": 0}
    async with _engine(url, **one) as engine, AsyncSession(engine) as session:
        await session.execute(select(Order.number))
        await session.commit()
        other = await _raw(url)
        await other.execute("alter table orders alter number type bigint")
        await other.close()
        await session.execute(select(Order.number))


async def _begun_by_hand(url: str) -> None:
    connection = await _raw(url)
    try:
        await connection.execute("begin")
        await connection.transaction().start()
    finally:
        await connection.close()


async def _nobody_listens(_: str) -> None:
    async with _engine("postgresql+asyncpg://app@127.0.0.1:1/app") as engine, engine.connect():
        pass


async def _all_connections(url: str) -> None:
    async with AsyncExitStack() as opened:
        while True:
            opened.push_async_callback((await _raw(url)).close)


async def _left_open(url: str) -> str:
    connection = await _raw(url)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        del connection
        gc.collect()
    return "; ".join(str(each.message) for each in told)


async def _ended(session: AsyncSession) -> str:
    """As a restart of the server ends each connection; a log has the whole traceback."""
    try:
        await session.execute(text("select pg_terminate_backend(pg_backend_pid())"))
    except DBAPIError:
        return traceback.format_exc()
    raise AssertionError


async def _limits_for_pgbouncer(url: str) -> None:
    with throwaway_pgbouncer(url.replace("+asyncpg", ""), {"pool_mode": "transaction"}) as through:
        await asyncpg.connect(through, server_settings={"statement_timeout": "1000"})


ON_SQLITE: dict[str, Symptom] = {
    "ConnectionRefusedError": _nobody_listens,
    "is not bound to a Session": _read_after_close,
    "The unique() method must be invoked on this Result": _with_session(_collection_without_unique),
    "'coroutine' object has no attribute": _with_session(_not_awaited),
    "Not an executable object": _string,
    "Can't use the AsyncSession.execute() method with a server-side cursor": _with_session(
        _stream_by_execute
    ),
    "A transaction is already begun on this Session": _with_session(_begin_twice),
    "This Session has been permanently closed": _use_closed,
    "but response already started": _commit_too_late,
    "FastAPIError: Response not awaited": _swallowed,
    "DependencyScopeError": _wrong_scope,
    "QueuePool limit of size": _exhaust,
    "database is locked": _two_writers,
    "Invalid argument(s) 'pool_size'": _size_of_memory,
    "The asyncio extension requires an async driver": _sync_driver,
    "asyncio.run() cannot be called from a running event loop": _run_in_a_loop,
    "DuplicateProviderTypeError": _two_of_a_type,
}
ON_POSTGRESQL: dict[str, Symptom] = {
    "unclosed connection": _left_open,
    "InvalidCachedStatementError": _changed_meanwhile,
    "cannot use Connection.transaction() in a manually started transaction": _begun_by_hand,
    "deadlock detected": _deadlock,
    "could not serialize access": _serialization,
    "too many clients already": _all_connections,
    "canceling statement due to lock timeout": _lock_timeout,
    "canceling statement due to statement timeout": _with_session(
        lambda session: _limited(session, "statement_timeout", "select pg_sleep(5)")
    ),
    "in a read-only transaction": _with_session(_read_only),
    'prepared statement "__asyncpg_stmt_1__" already exists': _prepared_twice,
    "DuplicatePreparedStatementError": _prepared_twice,
    'prepared statement "__asyncpg_stmt_1__" does not exist': _never_prepared,
    "InvalidSQLStatementNameError": _never_prepared,
    "FOR UPDATE cannot be applied to the nullable side of an outer join": _with_session(
        _lock_joined
    ),
    "can't subtract offset-naive and offset-aware datetimes": _with_statement(
        "select cast(:at as timestamp)", at=datetime.now(UTC)
    ),
    "terminating connection due to administrator command": _with_session(_ended),
    "AdminShutdownError": _with_session(_ended),
    "integer out of range": _with_statement("select 2147483647 + id from orders"),
    'syntax error at or near "$1"': _with_statement("set search_path to :schema", schema="a"),
    "SAVEPOINT can only be used in transaction blocks": _with_session(_savepoint_in_autocommit),
}
BEHIND_PGBOUNCER: dict[str, Symptom] = {"unsupported startup parameter": _limits_for_pgbouncer}
TRIED = ON_SQLITE | ON_POSTGRESQL | BEHIND_PGBOUNCER
STATED = "tests/texts/test_stated_facts_of_"
STAND_IN = {
    "is not available due to lazy='raise'": "tests/proofs/loading/test_no_lazy_loads.py",
    "concurrent operations are not permitted": f"{STATED}sessions.py",
    "another operation is in progress": f"{STATED}engines.py",
    "trying to clean up non-checked-in connection": f"{STATED}engines.py",
    "too many connections for role": "tests/proofs/pooling/test_size_for_the_whole_fleet.py",
    "connection was closed in the middle of operation": f"{STATED}postgresql.py",
    "cached statement plan is invalid": f"{STATED}migrations.py",
    "invalid input for query argument": f"{STATED}drivers.py",
    "could not determine data type": f"{STATED}drivers.py",
    "StaleDataError": f"{STATED}writing.py",
    "cannot cast type": f"{STATED}postgresql.py",
    "InvalidScopeDependencyError": "tests/proofs/wiring/test_narrower_never_in_wider.py",
    "WriteRefused": "tests/scaffold/test_into_houses.py",
}
"""Tests that meet a text as part of what they are about."""
