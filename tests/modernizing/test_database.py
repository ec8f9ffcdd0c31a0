"""Engines, factories, sessions and what is written around them, one concern a test."""

import pytest
from sqlalchemy import URL

from async_db.modernizing.steps.database import database, lifetimes
from async_db.modernizing.steps.propagation import propagation
from helpers.modernizing import check_noop, check_transformed, transformed

ENGINE = "from sqlalchemy import create_engine\n\nengine = {}\n"


def engine_of(made: str) -> str:
    """Give what becomes of a module's engine, and of what stands before it."""
    done = transformed({"db": ENGINE.format(made)}, database)
    return done.after.texts["db.py"].rpartition("engine = ")[2].strip()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('create_engine("sqlite://")', 'create_async_engine("sqlite+aiosqlite://")'),
        ("create_engine('postgresql://a/b')", "create_async_engine('postgresql+asyncpg://a/b')"),
        (
            'create_engine("postgresql+psycopg2://a/b", future=True)',
            'create_async_engine("postgresql+asyncpg://a/b")',
        ),
        ('create_engine("mysql+pymysql://a/b")', 'create_async_engine("mysql+aiomysql://a/b")'),
        (
            'create_engine(f"sqlite:///{1}.db", future=True, echo=True)',
            'create_async_engine(f"sqlite+aiosqlite:///{1}.db", echo=True)',
        ),
        (
            'create_engine("sqlite://", connect_args={"check_same_thread": False})',
            'create_async_engine("sqlite+aiosqlite://", connect_args={"check_same_thread": False})',
        ),
        (
            'create_engine("postgresql://a/b", connect_args={"connect_timeout": 5, "sslmode": "require"})',
            'create_async_engine("postgresql+asyncpg://a/b", connect_args={"timeout": 5, "ssl": "require"})',
        ),
        (
            'create_engine("postgresql://a/b", connect_args={"options": "-c a=1 -cb=2", "application_name": "x"})',
            (
                'create_async_engine("postgresql+asyncpg://a/b", connect_args={"server_settings":'
                ' {"a": "1", "b": "2", "application_name": "x"}})'
            ),
        ),
        (
            'create_engine("postgresql://a/b", future=True, executemany_mode="values")',
            'create_async_engine("postgresql+asyncpg://a/b")',
        ),
    ],
)
def test_an_engine(before: str, after: str) -> None:
    assert engine_of(before) == after


def test_psycopg_stays_what_it_is() -> None:
    made = 'create_engine("postgresql+psycopg://a/b", connect_args={"connect_timeout": 5})'

    assert engine_of(made) == made.replace("create_engine", "create_async_engine")


def test_words_that_asyncpg_does_not_know_are_left() -> None:
    made = 'create_engine("postgresql://a/b", connect_args={"keepalives": 1})'
    done = transformed({"db": ENGINE.format(made)}, database)

    assert [each.rule for each in done.left] == ["engine/async-driver-url"]
    assert '{"keepalives": 1}' in done.after.texts["db.py"]


def test_a_pool_for_threads_becomes_one_for_tasks() -> None:
    check_transformed(
        {
            "db": """
            from sqlalchemy import create_engine
            from sqlalchemy.pool import QueuePool

            engine = create_engine("sqlite:///a.db", poolclass=QueuePool, pool_size=5)
            """
        },
        {
            "db": """
            from sqlalchemy.ext.asyncio import create_async_engine
            from sqlalchemy.pool import AsyncAdaptedQueuePool

            engine = create_async_engine("sqlite+aiosqlite:///a.db", poolclass=AsyncAdaptedQueuePool, pool_size=5)
            """
        },
        database,
    )


def test_a_url_that_others_use_too_gets_its_driver_when_it_runs() -> None:
    before = {
        "app__config": 'URL = "sqlite:///a.db"\n',
        "app__db": """
            from sqlalchemy import create_engine

            from app.config import URL

            engine = create_engine(URL)
            """,
    }
    check_transformed(
        before,
        {
            "app__db": '''
            from sqlalchemy import URL, make_url
            from sqlalchemy.ext.asyncio import create_async_engine

            from app.config import URL


            def async_url(url: str | URL) -> URL:
                """Give a database's URL with its async driver, in that one's words.

                Whoever needs the sync driver, such as Alembic, goes on with the URL as it is.
                """
                made = make_url(url)
                drivers = {
                    "sqlite": "sqlite+aiosqlite",
                    "sqlite+pysqlite": "sqlite+aiosqlite",
                }
                made = made.set(drivername=drivers.get(made.drivername, made.drivername))
                return made


            engine = create_async_engine(async_url(URL))
            '''
        },
        database,
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "sessionmaker(autocommit=False, autoflush=False, bind=engine)",
            "async_sessionmaker(autoflush=False, bind=engine, expire_on_commit=False)",
        ),
        ("sessionmaker(autocommit=False)", "async_sessionmaker(expire_on_commit=False)"),
        ("sessionmaker()", "async_sessionmaker(expire_on_commit=False)"),
        (
            "sessionmaker(engine, expire_on_commit=True, future=True)",
            "async_sessionmaker(engine, expire_on_commit=False)",
        ),
        (
            "sessionmaker(\n    bind=engine,\n    autoflush=False,\n)",
            "async_sessionmaker(\n    bind=engine,\n    autoflush=False,\n    expire_on_commit=False,\n)",
        ),
    ],
)
def test_a_factory(before: str, after: str) -> None:
    text = "from sqlalchemy.orm import sessionmaker\n\nfrom db import engine\n\nmade = "
    done = transformed({"a": text + before}, database)

    assert done.after.texts["a.py"].rpartition("made = ")[2].strip() == after
    assert done.left == ()


@pytest.mark.parametrize(
    "made", ["sessionmaker(autocommit=True)", "scoped_session(sessionmaker(bind=None))"]
)
def test_what_has_no_async_form_is_left(made: str) -> None:
    text = f"from sqlalchemy.orm import scoped_session, sessionmaker\n\nmade = {made}\n"

    assert len(transformed({"a": text}, database).left) == 1


NAMES = """
    from __future__ import annotations

    from typing import Annotated

    from sqlalchemy import event
    from sqlalchemy.orm import Session
    from sqlalchemy.orm import Session as DbSession


    class Repository:
        def __init__(self, db: "Session", other: Annotated["DbSession", "db"]) -> None:
            self.db = db


    def check(session: object) -> None:
        assert isinstance(session, Session)


    def loaded(session: Session) -> int:
        return 1


    def flushed(session: Session, context, instances) -> None:
        check(session)


    event.listen(Session, "before_flush", flushed)


    async def run(session: DbSession) -> int:
        return await session.run_sync(loaded)
    """


def test_names_are_those_of_the_async_classes_but_where_sqlalchemy_calls() -> None:
    after = transformed({"a": NAMES}, database).after.texts["a.py"]

    assert 'db: "AsyncSession", other: Annotated["AsyncSession", "db"]' in after
    assert "isinstance(session, Session)" in after  # only the hook calls it
    assert "async def run(session: AsyncSession)" in after
    assert "def loaded(session: Session)" in after
    assert "def flushed(session: Session, context" in after
    assert 'event.listen(Session, "before_flush"' in after
    assert "DbSession" not in after


def test_a_name_that_the_file_has_for_something_else_is_left() -> None:
    text = """
        from sqlalchemy.orm import Session


        class AsyncSession:
            pass


        def f(db: Session) -> None:
            pass
        """
    done = transformed({"a": text}, database)

    assert "def f(db: Session)" in done.after.texts["a.py"]
    assert [each.rule for each in done.left] == ["migrating/no-sync-left"]


CLOSED = """
    from collections.abc import AsyncIterator

    from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

    factory: async_sessionmaker[AsyncSession] = async_sessionmaker()


    async def get_db() -> AsyncIterator[AsyncSession]:
        {}
    """


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            """db: AsyncSession = factory()
        try:
            # What it is for.
            yield db
        finally:
            await db.close()""",
            """async with factory() as db:
            # What it is for.
            yield db""",
        ),
        (
            """db = factory()
        try:
            yield db
            await db.commit()
        except ValueError:
            await db.rollback()

            raise
        finally:
            # give it back
            await db.close()""",
            """async with factory() as db:
            try:
                yield db
                await db.commit()
            except ValueError:
                await db.rollback()

                raise""",
        ),
    ],
)
def test_a_session_that_is_closed_in_the_end(before: str, after: str) -> None:
    check_transformed({"a": CLOSED.format(before)}, {"a": CLOSED.format(after)}, lifetimes)


@pytest.mark.parametrize(
    "body",
    [
        "db = factory()\n    try:\n        yield db\n    finally:\n        await db.close()\n    print(db)",
        "db = factory()\n    try:\n        yield db\n    finally:\n        print(1)\n        await db.close()",
        "db = factory()\n    try:\n        yield db\n    except ValueError:\n        print('''a\n b''')\n    finally:\n        await db.close()",
        "db = open(1)\n    try:\n        yield db\n    finally:\n        await db.close()",
    ],
)
def test_what_does_more_than_close_a_session_stays(body: str) -> None:
    lines = body.replace("\n", "\n    ")
    check_noop(lifetimes, a=CLOSED.format(lines))


def test_alembic_gets_the_url_of_its_driver_from_an_engine() -> None:
    text = """
        from alembic.config import Config
        from sqlalchemy import Engine


        def configured(engine: Engine) -> Config:
            config = Config()
            config.set_main_option("sqlalchemy.url", engine.url.render_as_string(hide_password=False))
            return config
        """
    after = transformed({"app__a": text, "app__main": "import app.a"}, database).after

    assert "sync_url(engine.url).render_as_string(" in after.texts["app/a.py"]
    assert after.texts["app/a.py"].count("def sync_url(") == 1


def test_what_urls_need_is_written_where_others_can_import_it() -> None:
    probe = """
        import os
        from sqlalchemy import create_engine
        from app.db import Base

        def reachable(url: str) -> bool:
            engine = create_engine(url)
            with engine.connect():
                return True
        """
    base = """
        from sqlalchemy import create_engine
        from sqlalchemy.orm import DeclarativeBase

        class Base(DeclarativeBase):
            pass

        def build(url: str):
            return create_engine(url)
        """
    done = transformed({"app__a_probe": probe, "app__db": base}, propagation, database)
    assert "def async_url" in done.after.texts["app/db.py"]
    assert "from app.db import Base, async_url" in done.after.texts["app/a_probe.py"]


def test_what_is_written_gives_urls_that_lead_back() -> None:
    text = """
        from alembic.config import Config
        from sqlalchemy import Engine, create_engine


        def made(url: str) -> str:
            return create_engine(url).url.render_as_string()
        """
    after = transformed({"app__a": text, "app__main": "import app.a"}, database).after
    scope: dict[str, object] = {}
    body = after.texts["app/a.py"]
    exec(body[body.index("from sqlalchemy") : body.index("def made")], scope)  # noqa: S102 (our own text)
    async_url, sync_url = scope["async_url"], scope["sync_url"]
    assert callable(async_url)
    assert callable(sync_url)

    there = async_url("postgresql://u:p%40@h/d?sslmode=require&channel_binding=require")
    assert isinstance(there, URL)
    assert there.drivername == "postgresql+asyncpg"
    assert dict(there.query) == {"ssl": "require"}
    assert there.password == "p@"  # noqa: S105 (of nobody)
    assert sync_url(there).render_as_string(False) == "postgresql://u:p%40@h/d?sslmode=require"
    assert str(async_url("postgresql+psycopg://h/d")) == "postgresql+psycopg://h/d"
    assert async_url(there) == there


def test_hooks_and_what_instruments_are_given_the_sync_engine() -> None:
    text = """
        from opentelemetry.instrumentation.sqlalchemy import SQLAlchemyInstrumentor
        from admin import Admin
        from sqlalchemy import create_engine, event

        engine = create_engine("sqlite://")
        SQLAlchemyInstrumentor().instrument(engine=engine)
        Admin(engine)


        @event.listens_for(engine, "connect")
        def connected(connection, record):
            pass
        """
    done = transformed({"a": text}, database)

    assert "instrument(engine=engine.sync_engine)" in done.after.texts["a.py"]
    assert '@event.listens_for(engine.sync_engine, "connect")' in done.after.texts["a.py"]
    assert [each.reason for each in done.left] == [
        "`Admin` is given the async engine: see that it takes one"
    ]
