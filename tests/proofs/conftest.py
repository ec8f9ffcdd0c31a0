"""Fixtures of the proofs, on top of the service's own: its app as a server would run it, watched."""

import asyncio
import gc
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    asynccontextmanager,
    contextmanager,
)
from functools import partial
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine, delete, event, func, make_url, select, text
from sqlalchemy.util import await_only

from app.database.base import Base
from app.database.engine import Database
from app.main import create_app
from app.orders.models import Order
from app.settings import Settings
from async_db.servers import (
    NOT_RUN,
    PGBOUNCER,
    Network,
    find_pgbouncer,
    throwaway_network,
    throwaway_pgbouncer,
)
from async_db.watching import Exchange, Serve, Service, watched

RoundTrips = Callable[[Callable[[Service, int], Awaitable[Exchange]]], Awaitable[int]]


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "rule(name): the rule that this test proves")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let no proof fail for connections that another test has leaked: the trace tells whose they are."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.filterwarnings("ignore::ResourceWarning"))
            item.add_marker(
                pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
            )


@pytest.fixture(scope="session")
def backend(database_url: str) -> str:
    """``postgresql`` or ``sqlite``."""
    return make_url(database_url).get_backend_name()


@pytest.fixture
async def second_url(
    settings: Settings, real_database: Database, backend: str, tmp_path: Path
) -> AsyncIterator[SecretStr]:
    """Where a second, empty database is, on the same server; it is dropped after the test."""
    first = make_url(settings.database_url.get_secret_value())
    if backend == "sqlite":  # which makes a file when it is opened
        yield SecretStr(f"sqlite:///{tmp_path / 'second.db'}")
        return
    second = first.set(database=f"{first.database}_second")
    outside = real_database.engine.execution_options(isolation_level="AUTOCOMMIT")
    async with outside.connect() as connection:
        await connection.execute(text(f'create database "{second.database}"'))
    yield SecretStr(second.render_as_string(hide_password=False))
    async with outside.connect() as connection:
        await connection.execute(text(f'drop database "{second.database}"'))


@pytest.fixture
async def serve(settings: Settings, real_database: Database) -> AsyncIterator[Serve]:
    """Serve the app with some settings changed; what it stored is deleted after the test."""

    @asynccontextmanager
    async def serve(**changed: object) -> AsyncIterator[Service]:
        async with watched(create_app(settings.model_copy(update=changed))) as service:
            yield service

    yield serve
    async with real_database.engine.begin() as connection:
        for table in reversed(Base.metadata.sorted_tables):
            await connection.execute(delete(table))


@pytest.fixture
def serve_with_pool_of(serve: Serve) -> Serve:
    """Serve the app with a pool of so many connections; who finds none is soon answered 503."""

    def serve_small(connections: int, **changed: object) -> AbstractAsyncContextManager[Service]:
        pool = {"database_pool_size": connections, "database_max_overflow": 0}
        return serve(**pool | {"database_pool_timeout": 0.05} | changed)

    return serve_small


@pytest.fixture
async def service(serve: Serve) -> AsyncIterator[Service]:
    async with serve() as service:
        yield service


@pytest.fixture
def garbage_kept(serve: Serve) -> Iterator[None]:
    """Leave a leaked connection open until the test ends: the collector may come at any moment."""
    gc.disable()
    yield
    gc.enable()
    gc.collect()  # before rows are deleted that it may have locked


@pytest.fixture
def sync_drivers_give_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bound how long a sync driver waits for a lock; the async ones do not read this."""
    monkeypatch.setenv("PGOPTIONS", "-c lock_timeout=500")
    patient = sqlite3.dbapi2.connect
    monkeypatch.setattr(sqlite3.dbapi2, "connect", partial(patient, timeout=0.5))


@pytest.fixture
def held() -> Callable[..., AbstractContextManager[tuple[asyncio.Semaphore, asyncio.Event]]]:
    """Hold engines at one of their events until a gate is opened; a semaphore tells of each.

    What the event says of itself decides whether it is held, if there is a function to ask.
    """

    @contextmanager
    def held(
        name: str, concerned: Callable[..., bool] = lambda *_: True
    ) -> Iterator[tuple[asyncio.Semaphore, asyncio.Event]]:
        reached, gate = asyncio.Semaphore(0), asyncio.Event()

        def hold(*told: object) -> None:
            if concerned(*told):
                reached.release()
                await_only(gate.wait())

        event.listen(Engine, name, hold)
        try:
            yield reached, gate
        finally:
            event.remove(Engine, name, hold)

    return held


@pytest.fixture
def stored(real_database: Database) -> Callable[[], Awaitable[int]]:
    """Count the orders in the database, seen from a connection that is not the service's."""

    async def stored() -> int:
        async with real_database.engine.connect() as connection:
            return await connection.scalar(select(func.count()).select_from(Order)) or 0

    return stored


@pytest.fixture
async def pin(real_database: Database) -> AsyncIterator[None]:
    """A secret for injections to learn: 4711, in a table that no operation reads."""
    async with real_database.engine.begin() as connection:
        await connection.execute(text("create table pins (pin varchar(4))"))
        await connection.execute(text("insert into pins values (:pin)"), {"pin": "4711"})
    yield
    async with real_database.engine.begin() as connection:
        await connection.execute(text("drop table pins"))


@pytest.fixture(scope="session")
def behind_pgbouncer(
    database_url: str,
) -> Callable[[Mapping[str, object]], AbstractContextManager[str]]:
    """Run a real PgBouncer in front of the database, and give the URL that leads through it."""
    if find_pgbouncer() is None:
        pytest.skip(NOT_RUN + PGBOUNCER.missing)
    return lambda settings: throwaway_pgbouncer(database_url, settings)


@pytest.fixture
def network(database_url: str) -> Iterator[Network]:
    """A network in front of the database, which fails as it is told."""
    with throwaway_network(database_url) as network:
        yield network


@pytest.fixture
async def round_trips(serve: Serve, network: Network) -> AsyncIterator[RoundTrips]:
    """Count what a request waits for on the wire, besides what the pool asks of its connection.

    It is made of a number that is another each time. The service has one connection.
    """
    one = {"database_pool_size": 1, "database_max_overflow": 0}
    async with serve(database_url=SecretStr(network.url), **one) as service:

        async def during(awaited: Awaitable[object]) -> int:
            before = network.round_trips
            await awaited
            return network.round_trips - before

        async def check_out() -> None:
            async with service.state["database"].engine.connect():
                pass

        async def round_trips(request: Callable[[Service, int], Awaitable[Exchange]]) -> int:
            for number in range(3):  # the driver prepares a statement once for each connection
                assert (await request(service, number)).status in {200, 201}
            return await during(request(service, 3)) - await during(check_out())

        yield round_trips
