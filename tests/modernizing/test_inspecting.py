"""`inspect(engine)`: what is written for it, and what is left."""

import textwrap

import pytest

from async_db.modernizing.steps.database import database
from async_db.modernizing.steps.propagation import propagation
from helpers.modernizing import transformed

HEAD = """
from sqlalchemy import create_engine, inspect
from sqlalchemy.orm import Session

engine = create_engine("sqlite://")

"""
CASES = {
    "a statement": (
        """
        def tables():
            return sorted(inspect(engine).get_table_names())
        """,
        """
        async def tables():
            async with engine.connect() as connection:
                return sorted(await connection.run_sync(lambda sync: inspect(sync).get_table_names()))
        """,
    ),
    "a condition": (
        """
        def prepare(name):
            if not inspect(engine).has_table(name):
                print(name)
        """,
        """
        async def prepare(name):
            async with engine.connect() as connection:
                found = await connection.run_sync(lambda sync: inspect(sync).has_table(name))
            if not found:
                print(name)
        """,
    ),
    "an inspector that a name holds": (
        """
        def columns():
            inspector = inspect(engine)
            if "a" in inspector.get_table_names():
                return [each["name"] for each in inspector.get_columns("a")]
        """,
        """
        async def columns():
            async with engine.connect() as connection:
                found = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
            if "a" in found:
                async with engine.connect() as connection:
                    return [each["name"] for each in await connection.run_sync(lambda sync: inspect(sync).get_columns("a"))]
        """,
    ),
    "by a connection": (
        """
        def tables():
            with engine.connect() as connection:
                return inspect(connection).get_table_names()[0]
        """,
        """
        async def tables():
            async with engine.connect() as connection:
                return (await connection.run_sync(lambda sync: inspect(sync).get_table_names()))[0]
        """,
    ),
    "by a session": (
        """
        def tables(db: Session):
            assert inspect(db.get_bind()).get_table_names()
            return inspect(db.connection()).get_table_names()
        """,
        """
        async def tables(db: AsyncSession):
            assert await db.run_sync(lambda sync: inspect(sync.get_bind()).get_table_names())
            return await db.run_sync(lambda sync: inspect(sync.connection()).get_table_names())
        """,
    ),
}
LEFT = {
    "at import": "TABLES = inspect(engine).get_table_names()",
    "handed on": """
        def inspector():
            return inspect(engine)
        """,
    "asked perhaps": """
        def perhaps(really):
            return really and inspect(engine).get_table_names()
        """,
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_written(case: str) -> None:
    before, after = (textwrap.dedent(each).strip() for each in CASES[case])
    done = transformed({"app__db": f"{HEAD}\n{before}\n"}, propagation, database)
    assert after in done.after.texts["app/db.py"]
    assert not done.left


@pytest.mark.parametrize("case", LEFT)
def test_what_is_left(case: str) -> None:
    text = f"{HEAD}\n{textwrap.dedent(LEFT[case]).strip()}\n"
    done = transformed({"app__db": text}, propagation, database)
    (left,) = done.left
    assert left.reason.startswith("inspect and ask within `await connection.run_sync")


def test_objects_are_inspected_as_before() -> None:
    text = f"{HEAD}\ndef state(row):\n    return inspect(row).persistent\n"
    done = transformed({"app__db": text}, propagation, database)
    assert (
        "\ndef state(row):\n    return inspect(row).persistent\n" in done.after.texts["app/db.py"]
    )
