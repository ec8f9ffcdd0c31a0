"""What references/repository.md states of several who write at once, and the releases still do."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import pytest_asyncio
from sqlalchemy import func, insert, literal, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlalchemy.orm.exc import StaleDataError

from helpers.engines import asyncpg_engine
from helpers.written_models import Base, Booking, Customer, Order

pytestmark = [pytest.mark.postgres, pytest.mark.asyncio]
Sessions = async_sessionmaker[AsyncSession]
LIMIT = 1
BOOKED = select(func.count()).where(Booking.customer_id == 1)


@pytest_asyncio.fixture
async def sessions(new_url: str) -> AsyncIterator[Sessions]:
    async with asyncpg_engine(new_url) as engine:
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        sessions = async_sessionmaker(engine, expire_on_commit=False)
        async with sessions.begin() as session:
            session.add_all([Order(id=1), Customer(id=1)])
        yield sessions


Book = Callable[[AsyncSession, asyncio.Barrier], Awaitable[None]]


async def book(session: AsyncSession, barrier: asyncio.Barrier | None) -> None:
    booked = await session.scalar(BOOKED) or 0
    if barrier:
        await barrier.wait()
    if booked < LIMIT:
        session.add(Booking(customer_id=1))


async def without_a_lock(session: AsyncSession, barrier: asyncio.Barrier) -> None:
    await book(session, barrier)


async def repeatable_read(session: AsyncSession, barrier: asyncio.Barrier) -> None:
    await session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    await book(session, barrier)


async def serializable(session: AsyncSession, barrier: asyncio.Barrier) -> None:
    await session.connection(execution_options={"isolation_level": "SERIALIZABLE"})
    await book(session, barrier)


async def in_one_statement(session: AsyncSession, barrier: asyncio.Barrier) -> None:
    one = select(literal(1)).where(BOOKED.scalar_subquery() < LIMIT)
    await session.execute(insert(Booking).from_select(["customer_id"], one))
    await barrier.wait()


async def by_a_row(session: AsyncSession, barrier: asyncio.Barrier) -> None:
    await session.get(Customer, 1, with_for_update=True)
    await book(session, None)


async def by_an_advisory_lock(session: AsyncSession, barrier: asyncio.Barrier) -> None:
    name = func.hashtextextended("bookings of 1", 0)
    await session.execute(select(func.pg_advisory_xact_lock(name)))
    await book(session, None)


@pytest.mark.parametrize(
    ("book_one", "booked", "refused"),
    [
        (without_a_lock, 2, []),
        (in_one_statement, 2, []),
        (repeatable_read, 2, []),
        (serializable, 1, ["40001"]),
        (by_a_row, 1, []),
        (by_an_advisory_lock, 1, []),
    ],
)
async def test_rows_that_are_counted_before_one_is_added(
    sessions: Sessions, book_one: Book, booked: int, refused: list[str]
) -> None:
    barrier = asyncio.Barrier(2)

    async def unit() -> str | None:
        try:
            async with sessions.begin() as session:
                await book_one(session, barrier)
        except DBAPIError as error:
            return str(getattr(error.orig, "sqlstate", None))
        return None

    told = await asyncio.gather(unit(), unit())
    async with sessions() as session:
        assert await session.scalar(BOOKED) == booked
    assert [state for state in told if state] == refused


async def test_a_mapper_s_version_is_that_of_its_session(sessions: Sessions) -> None:
    async with sessions() as one, sessions() as other:
        first, second = await one.get_one(Order, 1), await other.get_one(Order, 1)
        second.title = "new"
        await other.commit()
        first.note = "mine"
        with pytest.raises(StaleDataError) as raised:
            await one.flush()
    assert not isinstance(raised.value, DBAPIError)


async def test_a_row_that_is_loaded_first_is_never_stale(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        shown = (await session.get_one(Order, 1)).version
    async with sessions.begin() as session:
        (await session.get_one(Order, 1)).title = "new"
    async with sessions.begin() as session:
        order = await session.get_one(Order, 1)
        order.version, order.title = shown, "mine"
    async with sessions() as session:
        order = await session.get_one(Order, 1)
        assert (order.title, order.version) == ("mine", shown)


async def test_an_update_of_the_version_that_was_shown(sessions: Sessions) -> None:
    async def change(title: str, version: int) -> Order | None:
        statement = update(Order).where(Order.id == 1, Order.version == version)
        values = {"title": title, "version": Order.version + 1}
        async with sessions.begin() as session:
            changed = await session.scalars(statement.values(values).returning(Order))
            return changed.one_or_none()

    first, second = await change("new", 1), await change("mine", 1)
    assert first is not None
    assert (first.version, second) == (2, None)


@pytest.mark.parametrize("how", ["merge", "add"])
async def test_what_a_row_of_before_writes(sessions: Sessions, how: str) -> None:
    async with sessions() as session:
        kept = await session.get_one(Customer, 1)
    async with sessions.begin() as session:
        (await session.get_one(Customer, 1)).name = "new"
    kept.note = "mine"
    async with sessions.begin() as session:
        if how == "merge":
            await session.merge(kept)
        else:
            session.add(kept)
    async with sessions() as session:
        customer = await session.get_one(Customer, 1)
        name = {"merge": "old", "add": "new"}[how]
        assert (customer.name, customer.note) == (name, "mine")
