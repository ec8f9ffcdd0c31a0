"""What is async already is left as it is: the scaffold, and what SQLAlchemy calls with sync objects."""

from pathlib import Path

import pytest

from async_db.modernizing import STEPS, Options, modernize, read_sources
from async_db.modernizing.steps.database import database
from async_db.modernizing.steps.propagation import propagation
from helpers.modernizing import check_noop, transformed
from helpers.rendered import ALL_FEATURES, MANIFEST, written

WIRINGS = MANIFEST.options["wiring"].allowed
DATABASES = MANIFEST.options["database"].allowed


@pytest.mark.parametrize(
    "with_",
    [
        pytest.param("", id="lean", marks=pytest.mark.exhaustive),
        pytest.param(ALL_FEATURES, id="whole"),
    ],
)
@pytest.mark.parametrize(
    "database",
    [
        pytest.param(each, marks=() if each == "both" else pytest.mark.exhaustive)
        for each in DATABASES
    ],
)
@pytest.mark.parametrize("wiring", WIRINGS)
def test_the_scaffold_stays(wiring: str, database: str, with_: str, tmp_path: Path) -> None:
    folder = written(tmp_path / "shop", wiring=wiring, database=database, with_=with_)
    done = modernize(read_sources(folder), Options(), STEPS)
    assert done.after.changed() == {}
    assert done.left == ()


INSIDE = """
    from sqlalchemy import Connection, Engine, MetaData, event, inspect
    from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
    from sqlalchemy.orm import Session

    class Reading(Session):
        pass

    def tables(session: Session) -> list[str]:
        return named(session.connection())

    def named(connection: Connection) -> list[str]:
        connection.exec_driver_sql("PRAGMA optimize")
        return inspect(connection).get_table_names()

    def made_anew(connection: Connection) -> None:
        MetaData().reflect(connection)
        if not inspect(connection).has_table("a"):
            MetaData().create_all(connection)

    def cleaned(session: Session, key: int) -> None:
        session.delete(session.get(object, key))
        session.flush()

    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")

    def add_listeners(engine: Engine) -> None:
        event.listen(engine, "begin", begin)

        @event.listens_for(engine, "connect")
        def connect(connection: Connection) -> None:
            with connection.begin():
                connection.exec_driver_sql("PRAGMA foreign_keys = ON")

    def made() -> AsyncEngine:
        engine = create_async_engine("sqlite+aiosqlite://")
        add_listeners(engine.sync_engine)
        return engine

    async def asked(session: AsyncSession) -> list[str]:
        await session.run_sync(lambda inner: cleaned(inner, 3))
        await (await session.connection()).run_sync(made_anew)
        return await session.run_sync(tables)

    def of_reading(engine: AsyncEngine) -> AsyncSession:
        return AsyncSession(engine, sync_session_class=Reading)
    """


def test_what_sqlalchemy_calls_with_sync_objects_stays() -> None:
    check_noop(propagation, database, app__inside=INSIDE)


def test_what_it_calls_beside_them_is_left() -> None:
    opened = """
        from sqlalchemy import create_engine
        from sqlalchemy.ext.asyncio import AsyncSession
        from sqlalchemy.orm import Session, sessionmaker

        SessionLocal = sessionmaker(create_engine("sqlite://"))

        def copied(session: Session) -> None:
            with SessionLocal() as other:
                other.flush()

        async def asked(session: AsyncSession) -> None:
            await session.run_sync(copied)
        """
    done = transformed({"app__inside": opened}, propagation)
    assert [each.reason for each in done.left] == [
        "SQLAlchemy calls it, which does not await: use the connection or session it is given"
    ]
    assert "    await session.run_sync(copied)\n" in done.after.texts["app/inside.py"]


def test_options_of_a_connection_alone_move_nothing() -> None:
    check_noop(
        propagation,
        app__options="""
            from sqlalchemy import Connection

            def options(connection: Connection) -> dict[str, str]:
                connection.execution_options(begin="BEGIN IMMEDIATE")
                return {}
            """,
    )
