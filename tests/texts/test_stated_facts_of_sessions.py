"""What SKILL.md and references/session.md state besides their rules, and PostgreSQL still does."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import asyncpg
import pytest
from sqlalchemy import ForeignKey, literal, make_url, select, text
from sqlalchemy.exc import (
    IntegrityError,
    InvalidRequestError,
    MissingGreenlet,
    PendingRollbackError,
    SAWarning,
)
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

pytestmark = [pytest.mark.postgres, pytest.mark.asyncio]


class Base(DeclarativeBase):
    pass


class Order(Base):
    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str | None] = mapped_column(unique=True)
    number: Mapped[int] = mapped_column(default=0)
    items: Mapped[list["Item"]] = relationship()


class Item(Base):
    __tablename__ = "items"

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey(Order.id))


@pytest.fixture(scope="module")
def url(new_database: Callable[[], str]) -> str:
    return make_url(new_database()).set(drivername="postgresql+asyncpg").render_as_string(False)


@asynccontextmanager
async def made(url: str, pool_size: int = 2, **options: object) -> AsyncIterator[AsyncEngine]:
    """An engine of a few connections, and empty tables but for one order, A-1."""
    engine = create_async_engine(url, pool_size=pool_size, max_overflow=0, **options)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.drop_all)
            await connection.run_sync(Base.metadata.create_all)
        async with async_sessionmaker(engine).begin() as session:
            session.add(Order(reference="A-1"))
        yield engine
    finally:
        await engine.dispose()


@asynccontextmanager
async def unit(url: str) -> AsyncIterator[AsyncSession]:
    """A unit of work, as the session dependency holds one."""
    async with (
        made(url) as engine,
        async_sessionmaker(engine, expire_on_commit=False).begin() as session,
    ):
        yield session


# --- savepoints ---------------------------------------------------------------------------------


async def get_or_create(session: AsyncSession, reference: str) -> Order:
    by_reference = select(Order).where(Order.reference == reference)
    if order := await session.scalar(by_reference):
        return order
    try:
        async with session.begin_nested():
            session.add(order := Order(reference=reference))
    except IntegrityError:  # another request was faster
        return (await session.scalars(by_reference)).one()
    return order


async def waits_for_a_lock(engine: AsyncEngine) -> None:
    waiting = text("select count(*) from pg_stat_activity where wait_event_type = 'Lock'")
    async with asyncio.timeout(10), engine.connect() as connection:
        while not await connection.scalar(waiting):
            await connection.rollback()


async def test_get_or_create_gives_the_row_of_whoever_was_faster(url: str) -> None:
    async with made(url, pool_size=3) as engine:
        sessions = async_sessionmaker(engine, expire_on_commit=False)
        async with sessions() as faster, sessions() as slower, asyncio.TaskGroup() as tasks:
            there = await get_or_create(faster, "A-1")
            created = await get_or_create(faster, "A-2")
            task = tasks.create_task(get_or_create(slower, "A-2"))
            await waits_for_a_lock(engine)
            await faster.commit()
            met = await task
            slower.add(Order(reference="A-3"))
            await slower.commit()
    assert there.id == 1
    assert met is not created
    assert met.id == created.id


async def test_without_a_savepoint_the_transaction_is_lost(url: str) -> None:
    async def caught() -> None:
        async with unit(url) as session:
            session.add(Order(reference="A-1"))
            with suppress(IntegrityError):
                await session.flush()
            await session.scalar(select(Order))

    with pytest.raises(InvalidRequestError, match="Can't operate on closed transaction"):
        await caught()


async def test_a_savepoint_that_is_undone_expires_what_was_changed_in_it(url: str) -> None:
    async with unit(url) as session:
        changed = (await session.scalars(select(Order))).one()
        session.add(kept := Order(reference="A-2"))
        await session.flush()

        async def collide() -> None:
            async with session.begin_nested():
                changed.number += 1
                session.add(Order(reference="A-1"))

        with pytest.raises(IntegrityError):
            await collide()
        assert kept.number == 0
        with pytest.raises(MissingGreenlet):
            assert changed.number
        await session.refresh(changed)
        assert changed.number == 0


async def test_what_is_pending_is_flushed_before_a_savepoint_begins(url: str) -> None:
    async with made(url) as engine, AsyncSession(engine) as session:
        session.add(Order(reference="A-1"))
        with pytest.raises(IntegrityError):
            async with session.begin_nested():
                raise AssertionError
        with pytest.raises(PendingRollbackError):
            await session.scalar(select(1))


class Counting(asyncpg.Connection):
    prepared = 0

    async def prepare(self, *args: Any, **options: Any) -> Any:
        Counting.prepared += 1
        return await super().prepare(*args, **options)


@pytest.mark.parametrize(("savepoints", "prepared"), [(60, 0), (300, 600)])
async def test_savepoints_are_prepared_anew_where_there_are_many(
    url: str, savepoints: int, prepared: int
) -> None:
    async with made(url, pool_size=1, connect_args={"connection_class": Counting}) as engine:
        for _ in range(2):
            before = Counting.prepared
            async with AsyncSession(engine) as session:
                for _ in range(savepoints):
                    async with session.begin_nested():
                        await session.scalar(select(1))
        assert Counting.prepared - before == prepared


# --- units and tasks ----------------------------------------------------------------------------


async def test_a_unit_has_an_isolation_level_of_its_own_if_it_says_so_first(url: str) -> None:
    serializable = {"isolation_level": "SERIALIZABLE"}
    asked = text("show transaction_isolation")
    async with made(url, pool_size=1) as engine:
        async with AsyncSession(engine) as session:
            await session.connection(execution_options=serializable)
            assert await session.scalar(asked) == "serializable"
        async with AsyncSession(engine) as session:
            assert await session.scalar(asked) == "read committed"
            with pytest.warns(SAWarning, match="execution_options ignored"):
                await session.connection(execution_options=serializable)
            assert await session.scalar(asked) == "read committed"


@pytest.mark.parametrize("warm", [True, False])
async def test_gather_on_one_session_passes_on_a_warm_pool(url: str, warm: bool) -> None:
    async with made(url) as engine:
        if not warm:
            await engine.dispose()
        session = AsyncSession(engine)
        both = asyncio.gather(
            session.scalar(select(1)), session.scalar(select(literal(2))), return_exceptions=True
        )
        first, second = await both
        if warm:
            assert (first, second) == (1, 2)
        else:
            assert "concurrent operations are not permitted" in str(second)
        await session.close()


@pytest.mark.parametrize("held", [True, False])
async def test_a_session_for_each_task_needs_none_that_is_held(url: str, held: bool) -> None:
    async with made(url, pool_size=1, pool_timeout=0.1) as engine:

        async def number() -> int:
            async with AsyncSession(engine) as own:
                return await own.scalar(select(1)) or 0

        async with AsyncSession(engine) as session:
            if held:
                await session.scalar(select(1))
            answers = await asyncio.gather(number(), number(), return_exceptions=True)
    if held:
        assert all(isinstance(answer, PoolTimeoutError) for answer in answers)
    else:
        assert list(answers) == [1, 1]
