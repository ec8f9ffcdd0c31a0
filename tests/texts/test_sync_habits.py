"""The table of sync habits in references/migrating-habits.md: each row does what it says, on both databases."""

import asyncio
import functools
import gc
import re
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from sqlalchemy import ForeignKey, event, func, insert, select
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    mapped_column,
    object_session,
    raiseload,
    relationship,
    scoped_session,
    sessionmaker,
)

ROW = re.compile(
    r"^\| (?P<habit>[^|]+) \| (?P<outcome>[^|]+) \| (?P<instead>[^|]+) \|$", re.MULTILINE
)


class Base(DeclarativeBase):
    pass


class Order(Base):
    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    note: Mapped[str] = mapped_column(default="")
    items: Mapped[list["Item"]] = relationship()
    queried = relationship("Item", lazy="dynamic", viewonly=True)

    @property
    def brothers(self) -> int:
        session = object_session(self)
        assert session
        return session.scalar(select(func.count()).select_from(Order)) or 0


class Item(Base):
    __tablename__ = "items"

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey(Order.id))


Habit = Callable[[AsyncEngine, AsyncSession], Awaitable[object]]
HABITS: dict[str, Habit] = {}


def habit(row: str) -> Callable[[Habit], Habit]:
    def register(proof: Habit) -> Habit:
        HABITS[row] = proof
        return proof

    return register


@habit("`order.items`")
async def lazy_load(engine: AsyncEngine, session: AsyncSession) -> object:
    return (await session.scalars(select(Order))).one().items


@habit("`order.note` after a commit")
async def expired(engine: AsyncEngine, session: AsyncSession) -> object:
    async with AsyncSession(engine) as expiring:
        order = (await expiring.scalars(select(Order))).one()
        await expiring.commit()
        return order.note


@habit('`relationship(lazy="dynamic")`')
async def dynamic(engine: AsyncEngine, session: AsyncSession) -> object:
    return (await session.scalars(select(Order))).one().queried.all()


@habit("`object_session(self)` in a property")
async def property_that_queries(engine: AsyncEngine, session: AsyncSession) -> object:
    return (await session.scalars(select(Order))).one().brothers


@habit("`session.query(Order)`, `Order.query`")
async def query(engine: AsyncEngine, session: AsyncSession) -> object:
    return session.query(Order)  # type: ignore[attr-defined]


@habit("`for order in session.scalars(...)`")
async def iterate(engine: AsyncEngine, session: AsyncSession) -> object:
    return list(session.scalars(select(Order)))  # type: ignore[call-overload]


@habit("`with session.begin():`")
async def plain_with(engine: AsyncEngine, session: AsyncSession) -> object:
    with session.begin():  # type: ignore[attr-defined]
        return "begun"


@habit("`session.commit()`, not awaited")
async def not_awaited(engine: AsyncEngine, session: AsyncSession) -> object:
    session.add(Order())
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        session.commit()  # type: ignore[unused-coroutine]
        gc.collect()
    await session.close()
    return f"{caught[0].message}; orders stored: {await count(engine) - 1}"


@habit("`connection.execute(insert(...))`, and no commit")
async def autocommit(engine: AsyncEngine, session: AsyncSession) -> object:
    async with engine.connect() as connection:
        await connection.execute(insert(Order).values(note=""))
    return f"orders stored: {await count(engine) - 1}"


@habit("`scoped_session(...)`")
async def scoped(engine: AsyncEngine, session: AsyncSession) -> object:
    async def task() -> int:
        return id(registry())

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # SQLAlchemy 2.1 says that it is deprecated
        registry = scoped_session(sessionmaker(class_=AsyncSession))
        seen = await asyncio.gather(task(), task())
    return f"sessions for 2 tasks: {len(set(seen))}"


@habit("a session kept for later, after its `async with`")
async def kept(engine: AsyncEngine, session: AsyncSession) -> object:
    async with AsyncSession(engine) as kept:
        pass
    await kept.scalar(select(1))
    held = engine.pool.checkedout()  # type: ignore[attr-defined]
    await kept.close()
    return f"connections held: {held}"


@habit("`event.listen(async_engine, ...)`")
async def listen_async(engine: AsyncEngine, session: AsyncSession) -> object:
    event.listen(engine, "begin", print)
    return "listens"


@habit("an `async def` as `connect` hook")
async def async_connect_hook(engine: AsyncEngine, session: AsyncSession) -> object:
    async def hook(connection: object, record: object) -> None:
        raise AssertionError

    await engine.dispose()
    event.listen(engine.sync_engine, "connect", hook)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        async with engine.connect():
            gc.collect()
    return next(each.message for each in caught if "hook" in str(each.message))


@habit("a `connect` hook that awaits by `connection.run_async`")
async def connect_hook_that_awaits(engine: AsyncEngine, session: AsyncSession) -> object:
    seen: list[object] = []

    async def look(connection: object) -> None:
        await asyncio.sleep(0)
        seen.append(connection)

    def hook(connection: Any, record: object) -> None:
        connection.run_async(look)

    await engine.dispose()
    event.listen(engine.sync_engine, "connect", hook)
    async with engine.connect():
        return f"connections set up: {len(seen)}"


@habit("a file that is written over by an operation that fails")
async def file_of_a_unit(engine: AsyncEngine, session: AsyncSession) -> object:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "picture"
        file.write_text("old")
        try:
            async with async_sessionmaker(engine).begin() as own:
                own.add(Order())
                await own.flush()
                file.write_text("new")
                raise ValueError("a bug")
        except ValueError:
            return f"orders stored: {await count(engine) - 1}, file: {file.read_text()}"


@habit("an `async def` as `before_flush` hook")
async def async_hook(engine: AsyncEngine, session: AsyncSession) -> object:
    async def hook(session: Session, context: object, instances: object) -> None:
        raise AssertionError

    event.listen(session.sync_session, "before_flush", hook)
    session.add(Order())
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        await session.flush()
        gc.collect()
    return caught[0].message


@habit("a `before_flush` hook that queries by the session it is given")
async def hook_that_queries(engine: AsyncEngine, session: AsyncSession) -> object:
    seen: list[int | None] = []

    def hook(session: Session, context: object, instances: object) -> None:
        seen.append(session.scalar(select(func.count()).select_from(Order)))

    event.listen(session.sync_session, "before_flush", hook)
    session.add(Order())
    await session.flush()
    return f"orders seen: {seen[0]}"


@habit("a `before_flush` hook that runs a coroutine")
async def hook_that_runs(engine: AsyncEngine, session: AsyncSession) -> object:
    def hook(session: Session, context: object, instances: object) -> None:
        work = asyncio.sleep(0)
        try:
            asyncio.run(work)
        finally:
            work.close()

    event.listen(session.sync_session, "before_flush", hook)
    session.add(Order())
    await session.flush()
    return "flushed"


@habit("`yield_per` on `session.execute`")
async def yield_per(engine: AsyncEngine, session: AsyncSession) -> object:
    result = await session.execute(select(Order).execution_options(yield_per=10))
    return result.scalars().all()


@habit("`lru_cache` on a function that is now `async`")
async def cached(engine: AsyncEngine, session: AsyncSession) -> object:
    @functools.lru_cache
    def count_orders() -> Awaitable[int | None]:
        return session.scalar(select(func.count()).select_from(Order))

    return [await count_orders(), await count_orders()]


@habit('`session.get(Order, "1")`, a text for a number')
async def text_for_a_number(engine: AsyncEngine, session: AsyncSession) -> object:
    await session.get(Order, "1")
    return "works"


@habit("a function that takes a `Session` and is not moved yet")
async def run_sync(engine: AsyncEngine, session: AsyncSession) -> object:
    def not_moved(session: Session) -> int:
        return len(session.scalars(select(Order)).one().items)

    return f"lazy loads work: {await session.run_sync(not_moved)} item"


@habit("a model whose lazy loads sync code still needs")
async def raiseload_in_the_query(engine: AsyncEngine, session: AsyncSession) -> object:
    return (await session.scalars(select(Order).options(raiseload("*")))).one().items


async def count(engine: AsyncEngine) -> int:
    async with engine.connect() as connection:
        return await connection.scalar(select(func.count()).select_from(Order)) or 0


@asynccontextmanager
async def stored(url: str) -> AsyncIterator[tuple[AsyncEngine, AsyncSession]]:
    """A database that holds one order with one item, and a session."""
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)
    try:
        async with async_sessionmaker(engine, expire_on_commit=False)() as session:
            session.add(Order(items=[Item()]))
            await session.commit()
            session.expunge_all()
            yield engine, session
    finally:
        await engine.dispose()


async def observed(url: str, proof: Habit) -> str:
    async with stored(url) as (engine, session):
        try:
            return str(await proof(engine, session))
        except Exception as error:  # noqa: BLE001 (whatever it is, it is what the row speaks of)
            return f"{type(error).__name__}: {error}"


def tried(url: str, proof: Habit) -> str:
    """What comes of a row; what it leaves behind is collected here, not in a later test."""
    seen = asyncio.run(observed(url, proof))
    gc.collect()
    return seen


def outcomes(root: Path) -> dict[str, str]:
    text = (root / "references/migrating-habits.md").read_text("utf-8")
    rows = {found["habit"]: found["outcome"] for found in ROW.finditer(text)}
    return {habit: outcome for habit, outcome in rows.items() if habit in HABITS}


def stated(outcome: str, database: str) -> list[str]:
    """The literals of a cell: those of this database, or of both."""
    own = re.findall(rf"{database} `([^`]+)`", outcome)
    return own or re.findall(r"(?<!SQLite )(?<!PostgreSQL )`([^`]+)`", outcome)


@pytest.fixture(scope="module")
def postgresql(new_database: Callable[[], str]) -> str:
    return new_database().replace("postgresql://", "postgresql+asyncpg://")


def test_every_row_is_tried(root: Path) -> None:
    text = (root / "references/migrating-habits.md").read_text("utf-8")
    table = text[text.index("| sync habit |") :].partition("\n\n")[0].splitlines()[2:]
    assert [line.split(" | ")[0].removeprefix("| ") for line in table] == list(HABITS)


# What fails half-way leaves coroutines that nobody awaits; that is not what a row is about.
@pytest.mark.filterwarnings("ignore:coroutine:RuntimeWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("row", HABITS)
def test_on_sqlite(root: Path, tmp_path: Path, row: str) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'habits.db'}"
    check(root, row, tried(url, HABITS[row]), "SQLite")


@pytest.mark.postgres
@pytest.mark.filterwarnings("ignore:coroutine:RuntimeWarning")
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("row", HABITS)
def test_on_postgresql(root: Path, postgresql: str, row: str) -> None:
    check(root, row, tried(postgresql, HABITS[row]), "PostgreSQL")


def check(root: Path, row: str, seen: str, database: str) -> None:
    literals = stated(outcomes(root)[row], database)
    assert literals
    assert all(literal in seen for literal in literals), seen
