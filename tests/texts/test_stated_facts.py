"""What the references state besides their rules, and the releases installed here still do."""

import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from enum import Enum
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    Engine,
    ForeignKey,
    Integer,
    MetaData,
    Table,
    create_engine,
    event,
    func,
    inspect,
    select,
    text,
    tuple_,
    union,
    update,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker, create_async_engine
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    aliased,
    joinedload,
    mapped_column,
    relationship,
    selectinload,
)
from sqlalchemy.schema import CreateSchema, CreateTable, conv

from async_db.servers import ThrowawayPostgres, throwaway_postgres


class Status(Enum):
    open = "open"


class Base(DeclarativeBase):
    pass


class Order(Base):
    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now(), onupdate=func.now()
    )
    items: Mapped[list["Item"]] = relationship()


class Item(Base):
    __tablename__ = "items"

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey(Order.id))


class Eager(Base):
    __tablename__ = "eager"
    __mapper_args__ = {"eager_defaults": True}  # noqa: RUF012 - SQLAlchemy's own declaration

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(default=0)
    changed_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())


class Ticket(Base):
    __tablename__ = "tickets"

    id: Mapped[int] = mapped_column(primary_key=True)
    status: Mapped[Status]


@pytest.fixture(scope="module")
def server() -> Iterator[ThrowawayPostgres]:
    with throwaway_postgres() as server:
        yield server


@pytest.fixture
def new_url(server: ThrowawayPostgres, request: pytest.FixtureRequest) -> str:
    """The URL of an empty database, which names no driver."""
    name = f"facts_{request.node.name}"
    server.create_database(name)
    return server.url(name)


@asynccontextmanager
async def asyncpg_engine(url: str, **options: object) -> AsyncIterator[AsyncEngine]:
    engine = create_async_engine(url.replace("postgresql:", "postgresql+asyncpg:", 1), **options)
    try:
        yield engine
    finally:
        await engine.dispose()


@pytest.fixture
def sqlite() -> Iterator[Engine]:
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    yield engine
    engine.dispose()


@contextmanager
def counted(engine: Engine) -> Iterator[list[str]]:
    statements: list[str] = []

    def note(connection: object, cursor: object, statement: str, *rest: object) -> None:
        statements.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield statements
    event.remove(engine, "before_cursor_execute", note)


@pytest.mark.parametrize(("model", "statements"), [(Order, 1), (Eager, 100)])
def test_each_changed_row_is_a_statement_with_eager_defaults(
    sqlite: Engine, model: type[Order] | type[Eager], statements: int
) -> None:
    with Session(sqlite) as session:
        rows = [model() for _ in range(100)]
        session.add_all(rows)
        session.flush()
        with counted(sqlite) as seen:
            for row in rows:
                row.number += 1
            session.flush()
    assert len(seen) == statements


def test_selectinload_is_a_query_for_each_500_rows(sqlite: Engine) -> None:
    with Session(sqlite) as session, counted(sqlite) as seen:
        session.add_all(Order() for _ in range(1200))
        session.commit()
        seen.clear()
        session.scalars(select(Order).options(selectinload(Order.items))).all()
    assert len(seen) == 1 + 3


def test_pages_by_a_time_of_the_server_lose_rows_on_sqlite(sqlite: Engine) -> None:
    key = tuple_(Order.created_at, Order.id)
    seen: list[int] = []
    with Session(sqlite) as session:
        moment = text("'2026-01-02 03:04:05'")  # as CURRENT_TIMESTAMP writes it
        session.add_all(Order(created_at=moment) for _ in range(5))
        session.commit()
        page = select(Order).order_by(Order.created_at, Order.id).limit(2)
        rows = session.scalars(page).all()
        while rows:
            seen += [row.id for row in rows]
            rows = session.scalars(page.where(key > (rows[-1].created_at, rows[-1].id))).all()
    assert seen == [1, 2]


@pytest.mark.parametrize(
    ("setting", "inserted", "updated"),
    [("auto", True, False), (True, True, True), (False, False, False)],
)
def test_what_eager_defaults_loads(setting: str | bool, inserted: bool, updated: bool) -> None:
    class Local(DeclarativeBase):
        pass

    class Row(Local):
        __tablename__ = "rows"
        __mapper_args__ = {"eager_defaults": setting}  # noqa: RUF012 - as above

        id: Mapped[int] = mapped_column(primary_key=True)
        number: Mapped[int] = mapped_column(default=0)
        changed_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())

    engine = create_engine("sqlite://")
    Local.metadata.create_all(engine)
    with Session(engine) as session:
        row = Row()
        session.add(row)
        loaded = []
        for _ in range(2):
            session.flush()
            loaded.append("changed_at" not in inspect(row).unloaded)
            row.number += 1
    engine.dispose()
    assert loaded == [inserted, updated]


def test_from_statement_of_a_union_ignores_joinedload(sqlite: Engine) -> None:
    both = union(select(Order), select(Order))
    with Session(sqlite) as session:
        session.add(Order(items=[Item()]))
        session.commit()
        order = session.scalars(
            select(Order).from_statement(both).options(joinedload(Order.items))
        ).one()
        assert "items" in inspect(order).unloaded
        session.expunge_all()
        alias = aliased(Order, both.subquery())
        statement = select(alias).options(joinedload(alias.items)).order_by(alias.id).limit(1)
        order = session.scalars(statement).unique().one()
        assert "items" not in inspect(order).unloaded


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


def test_the_convention_is_put_around_the_name_of_a_check() -> None:
    metadata = MetaData(naming_convention={"ck": "ck_%(table_name)s_%(constraint_name)s"})
    checks = [CheckConstraint("n > 0", name=name) for name in ("given", conv("kept"))]
    ddl = str(CreateTable(Table("t", metadata, Column("n", Integer), *checks)))
    assert "CONSTRAINT ck_t_given CHECK" in ddl
    assert "CONSTRAINT kept CHECK" in ddl


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
