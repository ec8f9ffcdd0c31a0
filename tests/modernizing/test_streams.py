"""Server-side cursors: what is written for them, and that it gives the rows that it gave before."""

import asyncio
import importlib.util
from collections.abc import AsyncIterator
from pathlib import Path
from types import ModuleType

import pytest
from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import Session

from async_db.modernizing.steps.database import database
from async_db.modernizing.steps.propagation import propagation
from async_db.modernizing.steps.streams import streams
from helpers.modernizing import transformed

HEAD = """
from collections.abc import Iterator

from sqlalchemy import Connection, create_engine, select, text
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column


class Base(DeclarativeBase):
    pass


class Tool(Base):
    __tablename__ = "tools"
    id: Mapped[int] = mapped_column(primary_key=True)


FEW = {"yield_per": 2}
"""
READ = """

def in_a_loop(db: Session):
    found = []
    for row in db.execute(select(Tool).execution_options(yield_per=2)).scalars():
        found.append(row.id)
    return found


def by_a_name(db: Session):
    found = []
    statement = select(Tool.id).execution_options(stream_results=True)
    result = db.execute(statement.order_by(Tool.id))
    for part in result.partitions(2):
        found.append([row.id for row in part])
    return found


def in_a_comprehension(db: Session):
    return [tool.id for tool in db.scalars(select(Tool), execution_options={"yield_per": 2})]


def all_at_once(db: Session):
    every = db.scalars(select(Tool).execution_options(yield_per=2)).all()
    return [each.id for each in [*every, *list(db.scalars(select(Tool).execution_options(yield_per=2)))]]


def step_by_step(db: Session):
    result = db.execute(select(Tool.id).execution_options(yield_per=2))
    first, rest = result.fetchone(), result.scalars().all()
    return [first.id, *rest]


def rows(db: Session) -> Iterator[int]:
    yield from db.scalars(select(Tool.id).execution_options(yield_per=2))


def of_rows(db: Session) -> Iterator[int]:
    db.flush()
    yield from [0]
    yield from rows(db)


def by_a_connection(db: Session):
    found = []
    connection = db.connection()
    for row in connection.execution_options(stream_results=True).execute(text("select id from tools")):
        found.append(row.id)
    return found
"""
NAMES = (
    "in_a_loop",
    "by_a_name",
    "in_a_comprehension",
    "all_at_once",
    "step_by_step",
    "rows",
    "of_rows",
    "by_a_connection",
)


@pytest.fixture(scope="module")
def modules(tmp_path_factory: pytest.TempPathFactory) -> tuple[ModuleType, ModuleType]:
    """The functions as they are, and as they become."""
    done = transformed({"tools": HEAD + READ}, propagation, streams, database)
    assert [each.reason for each in done.left] == []
    folder = tmp_path_factory.mktemp("streams")
    return (
        _loaded(folder / "sync_tools.py", HEAD + READ),
        _loaded(folder / "async_tools.py", done.after.texts["tools.py"]),
    )


def _loaded(path: Path, text: str) -> ModuleType:
    path.write_text(text)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", NAMES)
def test_the_rows_are_the_same(
    name: str, modules: tuple[ModuleType, ModuleType], tmp_path: Path
) -> None:
    before, after = modules
    engine = create_engine(f"sqlite:///{tmp_path / 'tools.db'}")
    before.Base.metadata.create_all(engine)
    with Session(engine) as session, session.begin():
        session.add_all([before.Tool(id=number) for number in range(1, 6)])
    with Session(engine) as session:
        given = getattr(before, name)(session)
        wanted = given if isinstance(given, list) else list(given)
    engine.dispose()

    async def asked() -> list[object]:
        engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path / 'tools.db'}")
        async with AsyncSession(engine) as session:
            given = getattr(after, name)(session)
            if isinstance(given, AsyncIterator):
                found = [each async for each in given]
            else:
                found = await given
        await engine.dispose()
        return found

    assert wanted
    assert asyncio.run(asked()) == wanted


@pytest.mark.parametrize(
    "body",
    [
        "return db.scalars(select(Tool).execution_options(yield_per=2))",
        "result = db.execute(select(Tool).execution_options(yield_per=2))\n    return len(result)",
        "return print(x for x in db.scalars(select(Tool).execution_options(yield_per=2)))",
    ],
)
def test_what_is_read_elsewhere_is_left(body: str) -> None:
    text = f"{HEAD}\n\ndef read(db: Session):\n    {body}\n"
    done = transformed({"tools": text}, propagation, streams)
    (left,) = done.left
    assert left.reason.startswith("a server-side cursor gives its rows by `async for` over")


def test_what_is_buffered_stays_so() -> None:
    text = f"{HEAD}\n\ndef read(db: Session):\n    return db.scalars(select(Tool)).all()\n"
    done = transformed({"tools": text}, propagation, streams)
    assert "(await db.scalars(select(Tool))).all()" in done.after.texts["tools.py"]
