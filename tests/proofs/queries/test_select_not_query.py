"""The translation table, executed: 1.x on a sync Session, 2.x on an AsyncSession, the same outcome.

A sync Session is what `AsyncSession.run_sync` hands over, so both sides use one driver. Each side
runs on the same rows in a transaction of its own, and is compared by what it gives, by what it
leaves pending or loaded in the session, and by what is in the tables afterwards.
"""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import pytest
from sqlalchemy import Dialect, Row, event, inspect, select
from sqlalchemy.exc import ArgumentError, CompileError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstanceState, Session
from sqlalchemy.schema import CreateTable

from app.database.engine import Database
from app.orders.models import Order, OrderItem
from app.orders.totals import count
from async_db.watching import Service
from translation_models import MODELS, Box, NewBase, Shelf, Stock, current
from translation_of_errors import GONE
from translation_of_joins import JOINS
from translation_of_reads import READS
from translation_of_writes import WRITES
from translation_rows import Old

pytestmark = [
    pytest.mark.rule("queries/select-not-query"),
    pytest.mark.filterwarnings("ignore::sqlalchemy.exc.LegacyAPIWarning"),
]

ROWS = READS | JOINS | WRITES
assert len(ROWS) == len(READS) + len(JOINS) + len(WRITES), "two rows have one name"

VARYING = {"_sa_instance_state", "created_at", "updated_at"}


async def test_the_service_reads_without_query(service: Service) -> None:
    exchange = await service.request("GET", "/orders/totals")

    observed = f"{exchange.status}, raised: {exchange.error!r}"
    assert observed == "200, raised: None", observed


@pytest.mark.parametrize("name", ROWS)
async def test_both_sides_of_a_row_do_the_same(name: str, real_database: Database) -> None:
    old, new = ROWS[name]
    async with filled(real_database) as session:
        before = await tables(session)
        with sent_by(real_database) as sent:
            outcome = plain(await session.run_sync(as_current(old)))
        old_outcome = as_ordered(outcome, sent), await tables(session)
    async with filled(real_database) as session:
        new_outcome = as_ordered(plain(await new(session)), sent), await tables(session)

    assert new_outcome == old_outcome
    assert new_outcome[0] or new_outcome[1] != before, "nothing was compared"


@pytest.mark.parametrize("name", GONE)
async def test_what_is_gone_says_so(name: str, real_database: Database) -> None:
    old, error, new, gives = GONE[name]
    async with filled(real_database) as session:
        with pytest.raises((ArgumentError, AttributeError, CompileError, TypeError)) as raised:
            await session.run_sync(old)
        assert f"{type(raised.value).__name__}: {raised.value}".startswith(error)
    async with filled(real_database) as session:
        assert await new(session) == gives


@pytest.mark.parametrize(("old", "new"), MODELS)
async def test_both_kinds_of_model_are_one_table(
    old: Any, new: Any, real_database: Database
) -> None:
    async with filled(real_database):
        dialect = real_database.engine.dialect
        assert ddl(new, dialect) == ddl(old, dialect)


def ddl(model: Any, dialect: Dialect) -> str:
    return str(CreateTable(model.__table__).compile(dialect=dialect))


def as_current(old: Old) -> Old:
    """Let ``Model.query`` find the session as well, as a scoped session would."""

    def run(session: Session) -> object:
        current.registry.set(session)
        return old(session)

    return run


@asynccontextmanager
async def filled(database: Database) -> AsyncIterator[AsyncSession]:
    """Give a session on a few rows, in a transaction that is undone."""
    async with database.engine.connect() as connection:
        transaction = await connection.begin()
        await connection.run_sync(NewBase.metadata.create_all)
        async with AsyncSession(
            connection, expire_on_commit=False, join_transaction_mode="create_savepoint"
        ) as session:
            session.add_all(
                [
                    Order(id=1, reference="A-1", note="late"),
                    Order(id=2, reference="A-2"),
                    Order(id=3, reference="B-1", note="late"),
                    Order(id=4, reference="B-2"),
                    OrderItem(id=1, order_id=1, sku="bolt", quantity=3),
                    OrderItem(id=2, order_id=1, sku="nut", quantity=4),
                    OrderItem(id=3, order_id=2, sku="bolt", quantity=1),
                    Stock(place="north", sku="bolt", amount=2),
                    Stock(place="south", sku="bolt"),
                    Shelf(id=1, name="top"),
                    Box(id=1, shelf_id=1, weight=1),
                    Box(id=2, shelf_id=1, weight=3),
                ]
            )
            await session.flush()
            session.expunge_all()
            assert await count(session) == 4
            yield session
        await transaction.rollback()


async def tables(session: AsyncSession) -> list[list[object]]:
    """Give what is in the tables, without what differs each time."""
    await session.flush()
    statements = (
        select(Order.id, Order.reference, Order.note).order_by(Order.id),
        select(OrderItem.order_id, OrderItem.sku, OrderItem.quantity).order_by(OrderItem.id),
        select(Box.shelf_id, Box.weight).order_by(Box.weight),
    )
    return [[plain(row) for row in await session.execute(each)] for each in statements]


@contextmanager
def sent_by(database: Database) -> Iterator[list[str]]:
    """Give the statements that are sent meanwhile."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: object) -> None:
        sent.append(statement)

    event.listen(database.engine.sync_engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(database.engine.sync_engine, "before_cursor_execute", note)


def as_ordered(outcome: object, sent: Sequence[str]) -> object:
    """Put rows that were asked for in no order into one: a database gives them as they lie."""
    if isinstance(outcome, list) and not any("ORDER BY" in statement for statement in sent):
        return sorted(outcome, key=repr)
    return outcome


def plain(value: object) -> object:
    """Turn rows and objects into what can be compared: of an object, whatever is loaded."""
    if isinstance(value, Row):
        return tuple(plain(each) for each in value)
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [plain(each) for each in value]
    state = inspect(value, raiseerr=False)
    if not isinstance(state, InstanceState):
        return value
    loaded = {name: plain(each) for name, each in state.dict.items() if name not in VARYING}
    return type(value).__name__.removeprefix("Old"), loaded
