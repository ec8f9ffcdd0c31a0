"""What references/loading.md states besides its rules, and the releases installed still do."""

import gc
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import pytest_asyncio
from sqlalchemy import Engine, Select, event, select, update
from sqlalchemy.exc import InvalidRequestError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import contains_eager, raiseload, selectin_polymorphic, selectinload
from sqlalchemy.orm.interfaces import ORMOption

from helpers.loaded_models import Base, Clerk, Item, Manager, Node, Order, Person, Totalled

pytestmark = pytest.mark.asyncio
WAITS = "greenlet_spawn has not been called"
LARGE = Order.items.and_(Item.quantity > 3)


def told(what: Callable[[], object]) -> str:
    """Give the error of what is done; the coroutine that it leaves behind is collected here."""
    said = ""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            what()
        except SQLAlchemyError as error:
            said = str(error)
        gc.collect()
    return said


@pytest_asyncio.fixture
async def session() -> AsyncIterator[AsyncSession]:
    """A session that knows nothing of the rows that there are."""
    engine = create_async_engine("sqlite+aiosqlite://")
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with async_sessionmaker(engine, expire_on_commit=False)() as session:
        session.add_all([Manager(budget=1), Clerk(desk=3)])
        session.add_all(Node(id=n, parent_id=n - 1 or None) for n in range(1, 6))
        session.add(Order(id=1, number=2, items=[Item(quantity=1), Item(quantity=5)]))
        await session.commit()
        session.expunge_all()
        yield session
    await engine.dispose()


@pytest.mark.parametrize("options", [(), (raiseload("*"),)], ids=["plain", "raiseload"])
async def test_columns_of_a_subclass_are_lazy(
    session: AsyncSession, options: tuple[ORMOption, ...]
) -> None:
    persons = await session.scalars(select(Person).options(*options).order_by(Person.id))
    manager, clerk = persons
    assert WAITS in told(lambda: getattr(manager, "budget"))  # noqa: B009 - of the subclass
    assert WAITS in told(lambda: getattr(clerk, "desk"))  # noqa: B009 - of the subclass


async def test_columns_of_a_subclass_are_loaded_by_an_option(session: AsyncSession) -> None:
    loading = selectin_polymorphic(Person, [Manager, Clerk])
    manager, clerk = await session.scalars(select(Person).options(loading).order_by(Person.id))
    assert isinstance(manager, Manager)
    assert isinstance(clerk, Clerk)
    assert (manager.budget, clerk.desk) == (1, 3)


@pytest.mark.parametrize(("depth", "levels", "queries"), [(None, 2, 2), (-1, 5, 6)])
async def test_a_tree_is_loaded_by_levels(
    session: AsyncSession, depth: int | None, levels: int, queries: int
) -> None:
    statements: list[str] = []

    def note(connection: object, cursor: object, statement: str, *rest: object) -> None:
        statements.append(statement)

    loading = selectinload(Node.children, recursion_depth=depth)
    event.listen(Engine, "before_cursor_execute", note)
    node = (await session.scalars(select(Node).where(Node.id == 1).options(loading))).one()
    event.remove(Engine, "before_cursor_execute", note)
    seen = 1
    try:
        while node.children:
            node = node.children[0]
            seen += 1
    except InvalidRequestError:
        assert depth is None
    assert (seen, len(statements)) == (levels, queries)


async def test_a_hybrid_reads_what_its_body_reads(session: AsyncSession) -> None:
    order = await session.get_one(Order, 1)
    assert WAITS in told(lambda: order.size)


async def test_a_part_of_a_collection_stays(session: AsyncSession) -> None:
    part = select(Order).options(selectinload(LARGE))
    whole = select(Order).options(selectinload(Order.items))
    joined = select(Order).join(Order.items).where(Item.quantity > 3)

    async def read(statement: Select[Order], **options: bool) -> Order:
        found = await session.scalars(statement, execution_options=options)
        return found.unique().one()

    order = await read(part)
    assert len(order.items) == 1
    await read(whole)
    assert len(order.items) == 1
    await read(whole, populate_existing=True)
    assert len(order.items) == 2
    await read(part)
    assert len(order.items) == 2
    session.expunge_all()
    assert len((await read(joined.options(contains_eager(Order.items)))).items) == 1


@pytest.mark.parametrize(("name", "said"), [("items", "lazy='raise'"), ("loading", WAITS)])
async def test_a_write_to_a_collection_loads_it(
    session: AsyncSession, name: str, said: str
) -> None:
    order = await session.get_one(Order, 1)
    assert said in told(lambda: getattr(order, name).append(Item()))
    assert said in told(lambda: setattr(order, name, []))


async def test_the_other_end_is_written_without_loading(session: AsyncSession) -> None:
    order = await session.get_one(Order, 1)
    session.add_all([Item(order=order), Item(order_id=order.id)])
    await session.flush()
    assert len((await session.scalars(select(Item).where(Item.order_id == 1))).all()) == 4


async def test_what_becomes_of_a_value_that_is_not_flushed(session: AsyncSession) -> None:
    order = await session.get_one(Order, 1)
    order.number = 7
    await session.refresh(order)
    assert order.number == 2
    order.number = 7
    await session.get_one(Order, 1, populate_existing=True)
    assert order.number == 7
    order.number = 8
    with session.no_autoflush:
        await session.get_one(Order, 1, populate_existing=True)
    assert order.number == 7


async def inserted(session: AsyncSession) -> Totalled:
    row = Totalled(id=2, number=4)
    session.add(row)
    await session.flush()
    return row


async def changed(session: AsyncSession) -> Totalled:
    row = await session.get_one(Totalled, 1)
    row.number += 1
    await session.flush()
    return row


async def updated(session: AsyncSession) -> Totalled:
    statement = update(Totalled).where(Totalled.id == 1).values(number=4).returning(Totalled)
    return (await session.scalars(statement)).one()


@pytest.mark.parametrize("write", [inserted, changed, updated])
@pytest.mark.parametrize("name", ["twice", "several"])
async def test_a_column_property_is_not_fetched_along(
    session: AsyncSession, write: Callable[[AsyncSession], Awaitable[Totalled]], name: str
) -> None:
    row = await write(session)
    assert WAITS in told(lambda: getattr(row, name))
    await session.refresh(row, [name])
    assert getattr(row, name) in (row.number * 2, 0, 2)
