"""What the references state besides their rules of PostgreSQL, and the releases installed still do."""

import subprocess
import sys
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, func, inspect, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import async_sessionmaker
from sqlalchemy.schema import CreateSchema

from async_db.servers import ThrowawayPostgres
from helpers.engines import asyncpg_engine
from helpers.stated_models import Base, Order, Status, Ticket


@pytest.mark.postgres
@pytest.mark.asyncio
async def test_what_a_read_only_transaction_lets_pass(new_url: str) -> None:
    async with asyncpg_engine(new_url) as engine:
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        read_only = engine.execution_options(postgresql_readonly=True)
        insert = "insert into orders (number) values (1)"
        with pytest.raises(DBAPIError, match="in a read-only transaction"):
            async with read_only.begin() as connection:
                await connection.execute(text(insert))
        async with read_only.begin() as connection:
            await connection.execute(text("set transaction read write"))
            await connection.execute(text(insert))
            await connection.execute(text("lock table orders in access exclusive mode"))
        async with read_only.begin() as connection:
            await connection.execute(text("lock table orders in access exclusive mode"))
            assert await connection.scalar(select(func.count(Order.id))) == 1


@pytest.mark.postgres
@pytest.mark.asyncio
@pytest.mark.parametrize(("how", "rows"), [("offset", 15_050), ("key", 50)])
async def test_what_postgresql_reads_for_a_page(
    server: ThrowawayPostgres, how: str, rows: int
) -> None:
    name = f"facts_page_{how}"
    server.create_database(name)
    page = {
        "offset": "explain (analyze, format json)"
        " select * from orders order by id limit 50 offset 15000",
        "key": "explain (analyze, format json)"
        " select * from orders where id > 15000 order by id limit 50",
    }[how]
    async with asyncpg_engine(server.url(name)) as engine, engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
        fill = "insert into orders (id, number) select n, 0 from generate_series(1, 30000) n"
        await connection.execute(text(fill))
        await connection.execute(text("analyze orders"))
        [plan] = await connection.scalar(text(page))
    assert plan["Plan"]["Plans"][0]["Actual Rows"] == rows


@pytest.mark.postgres
@pytest.mark.asyncio
async def test_a_lock_does_not_read_anew_what_the_session_has(new_url: str) -> None:
    async with asyncpg_engine(new_url) as engine:
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        sessions = async_sessionmaker(engine)
        async with sessions.begin() as session:
            session.add(Order(id=1))
        async with sessions() as session:
            order = await session.get_one(Order, 1)
            async with sessions.begin() as other:
                await other.execute(update(Order).values(number=5))
            await session.get_one(Order, 1, with_for_update=True)
            stale = order.number
            await session.get_one(Order, 1, with_for_update=True, populate_existing=True)
            assert (stale, order.number) == (0, 5)


@pytest.mark.postgres
@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("connect_args", "error"),
    [({}, "cannot cast type a.status to status"), ({"prepared_statement_cache_size": 0}, None)],
)
async def test_an_enum_of_each_schema_breaks_cached_statements(
    server: ThrowawayPostgres, connect_args: dict[str, int], error: str | None
) -> None:
    name = f"facts_enum_{len(connect_args)}"
    server.create_database(name)
    async with asyncpg_engine(server.url(name), pool_size=1, connect_args=connect_args) as engine:
        enter = text("select set_config('search_path', :schema, true)")
        told = None
        for schema in ("a", "b"):
            async with engine.begin() as connection:
                await connection.execute(CreateSchema(schema))
                await connection.execute(enter, {"schema": schema})
                await connection.run_sync(Base.metadata.create_all, checkfirst=False)
        for schema in ("a", "b"):
            try:
                async with async_sessionmaker(engine).begin() as session:
                    await session.execute(enter, {"schema": schema})
                    session.add(Ticket(status=Status.open))
            except DBAPIError as failure:
                told = str(failure)
    assert (told is None) if error is None else (error in str(told))


FORK = """
import asyncio, gc, os, sys
from sqlalchemy import select
from sqlalchemy.ext.asyncio import create_async_engine

async def ask(engine):
    async with engine.connect() as connection:
        await connection.scalar(select(1))

async def child(engine, keep):
    inherited = engine.sync_engine.pool if keep else None
    await engine.dispose(close=False)
    gc.collect()

async def main():
    engine = create_async_engine(sys.argv[1])
    await ask(engine)
    if (pid := os.fork()) == 0:
        asyncio.events._set_running_loop(None)
        asyncio.run(child(engine, keep=sys.argv[2] == "keep"))
        os._exit(0)
    os.waitpid(pid, 0)
    try:
        await ask(engine)
        print("answered")
    except Exception as error:
        print(error)
    await engine.dispose()

asyncio.run(main())
"""


@pytest.mark.postgres
@pytest.mark.skipif(sys.platform == "win32", reason="there is no fork")
@pytest.mark.parametrize(
    ("pool", "said"),
    [("drop", "connection was closed in the middle of operation"), ("keep", "answered")],
)
def test_a_forgotten_pool_ends_the_connections_of_the_parent(
    server: ThrowawayPostgres, pool: str, said: str
) -> None:
    url = server.url("postgres").replace("postgresql:", "postgresql+asyncpg:", 1)
    command = [sys.executable, "-W", "ignore", "-c", FORK, url, pool]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
    assert said in done.stdout, done.stdout + done.stderr


ENV = """
from alembic import context
from sqlalchemy import NullPool, create_engine

url = context.config.get_main_option("sqlalchemy.url")
with create_engine(url, poolclass=NullPool).connect() as connection:
    per_migration = context.config.get_main_option("each") == "yes"
    context.configure(connection=connection, transaction_per_migration=per_migration)
    with context.begin_transaction():
        context.run_migrations()
"""
REVISION = """
from alembic import op

revision = "{revision}"
down_revision = {before!r}


def upgrade():
    {upgrade}
"""
UPGRADES = (
    "op.execute('create table one (id int)')",
    "op.execute('create table two (id int)')",
    "with op.get_context().autocommit_block(): op.execute('create index i on two (id)')",
    "op.execute('select nothing')",
)


@pytest.mark.postgres
@pytest.mark.parametrize(("each", "version"), [("no", "2"), ("yes", "3")])
def test_a_revision_with_an_autocommit_block_is_noted_after_it(
    server: ThrowawayPostgres, tmp_path: Path, each: str, version: str
) -> None:
    name = f"facts_migrations_{each}"
    server.create_database(name)
    url = server.url(name).replace("postgresql:", "postgresql+psycopg:", 1)
    (tmp_path / "env.py").write_text(ENV, "utf-8")
    (tmp_path / "versions").mkdir()
    for number, upgrade in enumerate(UPGRADES, 1):
        before = str(number - 1) if number > 1 else None
        revision = REVISION.format(revision=number, before=before, upgrade=upgrade)
        (tmp_path / "versions" / f"{number}.py").write_text(revision, "utf-8")
    config = Config()
    for option, value in {"script_location": tmp_path, "sqlalchemy.url": url, "each": each}.items():
        config.set_main_option(option, str(value))

    command.upgrade(config, "1")
    with pytest.raises(DBAPIError, match="nothing"):
        command.upgrade(config, "head")

    engine = create_engine(url)
    with engine.connect() as connection:
        assert inspect(connection).get_indexes("two")
        assert connection.scalar(text("select version_num from alembic_version")) == version
    engine.dispose()
