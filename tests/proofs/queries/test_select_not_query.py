"""The translation table, executed: 1.x on a sync Session, 2.x on an AsyncSession, the same outcome.

A sync Session is what `AsyncSession.run_sync` hands over, so both sides use one driver. Each side
runs on the same rows in a transaction of its own, and is compared by what it gives, by what it
leaves pending or loaded in the session, and by what is in the tables afterwards.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sqlalchemy import (
    Column,
    Dialect,
    ForeignKey,
    Integer,
    Row,
    String,
    case,
    create_engine,
    delete,
    exists,
    func,
    insert,
    inspect,
    or_,
    select,
    text,
    union,
    update,
)
from sqlalchemy.exc import ArgumentError, CompileError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import (
    DeclarativeBase,
    InstanceState,
    Mapped,
    Session,
    WriteOnlyMapped,
    aliased,
    contains_eager,
    declarative_base,
    defer,
    joinedload,
    load_only,
    mapped_column,
    relationship,
    scoped_session,
    selectinload,
    sessionmaker,
    subqueryload,
)
from sqlalchemy.schema import CreateTable

from app.database.engine import Database
from app.orders.models import Order, OrderItem
from app.orders.repository import OrderRepository
from async_db.watching import Service

pytestmark = [
    pytest.mark.rule("queries/select-not-query"),
    pytest.mark.filterwarnings("ignore::sqlalchemy.exc.LegacyAPIWarning"),
]

Old = Callable[[Any], object]  # of a Session, whose 1.x methods no type checker knows
New = Callable[[AsyncSession], Awaitable[object]]

ROWS: dict[str, tuple[Old, New]] = {}
GONE: dict[str, tuple[Old, str, New, object]] = {}

VARYING = {"_sa_instance_state", "created_at", "updated_at"}

engine: Any = create_engine("sqlite://")
Other = aliased(Order)
current = scoped_session(sessionmaker())


def same(old: Old) -> Callable[[New], New]:
    """Add a row: what was written on a Session, before what is written on an AsyncSession."""

    def add(new: New) -> New:
        name = new.__name__
        assert name not in ROWS
        ROWS[name] = (old, new)
        return new

    return add


def gone(old: Old, error: str, gives: object) -> Callable[[New], New]:
    """Add a row whose 1.x side is an error by now, and say what the other side gives."""

    def add(new: New) -> New:
        GONE[new.__name__] = (old, error, new, gives)
        return new

    return add


def in_turn(*done: object) -> object:
    """Stand for several statements in one expression."""
    return done[-1]


OldBase: Any = declarative_base()  # as untyped as the models it makes


class OldStock(OldBase):  # type: ignore[misc]
    __tablename__ = "stocks"

    place = Column(String(40), primary_key=True)
    sku = Column(String(40), primary_key=True)
    amount = Column(Integer)
    query = current.query_property()


class OldShelf(OldBase):  # type: ignore[misc]
    __tablename__ = "shelves"

    id = Column(Integer, primary_key=True)
    name = Column(String(40), nullable=False, unique=True)
    boxes = relationship("OldBox", backref="shelf", lazy="dynamic")
    signs = relationship("OldSign", backref="shelf")


class OldBox(OldBase):  # type: ignore[misc]
    __tablename__ = "boxes"

    id = Column(Integer, primary_key=True)
    shelf_id = Column(Integer, ForeignKey("shelves.id"))
    weight = Column(Integer, nullable=False, default=1)


class OldSign(OldBase):  # type: ignore[misc]
    __tablename__ = "signs"

    id = Column(Integer, primary_key=True)
    shelf_id = Column(Integer, ForeignKey("shelves.id"), nullable=False)


class NewBase(DeclarativeBase):
    pass


class Stock(NewBase):
    __tablename__ = "stocks"

    place: Mapped[str] = mapped_column(String(40), primary_key=True)
    sku: Mapped[str] = mapped_column(String(40), primary_key=True)
    amount: Mapped[int | None]


class Shelf(NewBase):
    __tablename__ = "shelves"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40), unique=True)
    boxes: WriteOnlyMapped["Box"] = relationship(back_populates="shelf")
    signs: Mapped[list["Sign"]] = relationship(back_populates="shelf")


class Box(NewBase):
    __tablename__ = "boxes"

    id: Mapped[int] = mapped_column(primary_key=True)
    shelf_id: Mapped[int | None] = mapped_column(ForeignKey("shelves.id"))
    weight: Mapped[int] = mapped_column(default=1)
    shelf: Mapped[Shelf | None] = relationship(back_populates="boxes")


class Sign(NewBase):
    __tablename__ = "signs"

    id: Mapped[int] = mapped_column(primary_key=True)
    shelf_id: Mapped[int] = mapped_column(ForeignKey("shelves.id"))
    shelf: Mapped[Shelf] = relationship(back_populates="signs")


MODELS = [(OldStock, Stock), (OldShelf, Shelf), (OldBox, Box), (OldSign, Sign)]


# Rows and columns


@same(lambda session: session.query(Order).all())
async def all_entities(session: AsyncSession) -> object:
    return (await session.scalars(select(Order))).all()


@same(lambda session: [order.reference for order in session.query(Order)])
async def entities_in_a_loop(session: AsyncSession) -> object:
    return [order.reference for order in await session.scalars(select(Order))]


@same(lambda session: session.query(Order.id, Order.note).all())
async def columns(session: AsyncSession) -> object:
    return (await session.execute(select(Order.id, Order.note))).all()


@same(lambda session: [id_ for (id_,) in session.query(Order.id)])
async def one_column(session: AsyncSession) -> object:
    return (await session.scalars(select(Order.id))).all()


@same(lambda session: [row._asdict() for row in session.query(Order.id, Order.note)])
async def columns_by_name(session: AsyncSession) -> object:
    return (await session.execute(select(Order.id, Order.note))).mappings().all()


@same(lambda session: session.query(Order, OrderItem).join(Order.items).all())
async def two_entities(session: AsyncSession) -> object:
    return (await session.execute(select(Order, OrderItem).join(Order.items))).all()


@same(lambda session: session.query(Order).with_entities(Order.reference).all())
async def other_columns(session: AsyncSession) -> object:
    return (await session.execute(select(Order).with_only_columns(Order.reference))).all()


@same(lambda session: session.query(Order.id).add_columns(Order.note.label("why")).all())
async def more_columns(session: AsyncSession) -> object:
    return (await session.execute(select(Order.id).add_columns(Order.note.label("why")))).all()


@same(lambda session: session.query(Order.note).distinct().all())
async def distinct(session: AsyncSession) -> object:
    return (await session.execute(select(Order.note).distinct())).all()


@same(lambda session: [order.id for order in session.query(Order).yield_per(2)])
async def streamed(session: AsyncSession) -> object:
    orders = await session.stream_scalars(select(Order).execution_options(yield_per=2))
    return [order.id async for order in orders]


# One row, one value


@same(lambda session: session.query(Order).get(1))
async def by_key(session: AsyncSession) -> object:
    return await session.get(Order, 1)


@same(lambda session: session.query(OldStock).get(("north", "bolt")))
async def by_composite_key(session: AsyncSession) -> object:
    return await session.get(Stock, ("north", "bolt"))


@same(lambda session: session.query(Order).options(selectinload(Order.items)).get(1))
async def by_key_with_options(session: AsyncSession) -> object:
    return await session.get(Order, 1, options=[selectinload(Order.items)])


@same(lambda session: session.query(Order).populate_existing().get(1))
async def by_key_anew(session: AsyncSession) -> object:
    return await session.get(Order, 1, populate_existing=True)


@same(lambda session: session.query(Order).with_for_update().get(1))
async def by_key_locked(session: AsyncSession) -> object:
    return await session.get(Order, 1, with_for_update=True)


@same(lambda session: session.query(Order).order_by(Order.id).first())
async def first(session: AsyncSession) -> object:
    return (await session.scalars(select(Order).order_by(Order.id).limit(1))).first()


@same(lambda session: session.query(Order).filter(Order.id == 1).one())
async def one(session: AsyncSession) -> object:
    return (await session.scalars(select(Order).where(Order.id == 1))).one()


@same(lambda session: session.query(Order).filter(Order.id == 1).one_or_none())
async def one_or_none(session: AsyncSession) -> object:
    return (await session.scalars(select(Order).where(Order.id == 1))).one_or_none()


@same(lambda session: session.query(Order.note).filter(Order.id == 1).scalar())
async def one_value_or_none(session: AsyncSession) -> object:
    return (await session.scalars(select(Order.note).where(Order.id == 1))).one_or_none()


@same(lambda session: session.query(func.max(Order.reference)).scalar())
async def aggregate(session: AsyncSession) -> object:
    return (await session.scalars(select(func.max(Order.reference)))).one()


@same(lambda session: session.query(Order).count())
async def count(session: AsyncSession) -> object:
    return (await session.scalars(select(func.count()).select_from(Order))).one()


@same(lambda session: session.query(Order.note).distinct().count())
async def count_of_any_query(session: AsyncSession) -> object:
    notes = select(Order.note).distinct().subquery()
    return (await session.scalars(select(func.count()).select_from(notes))).one()


@same(
    lambda session: session.query(
        session.query(Order).filter(Order.reference == "A-1").exists()
    ).scalar()
)
async def whether_there_is_one(session: AsyncSession) -> object:
    return (await session.scalars(select(exists().where(Order.reference == "A-1")))).one()


# Conditions


@same(lambda session: session.query(Order).filter(Order.note.is_(None), Order.id > 2).all())
async def filtered(session: AsyncSession) -> object:
    return (await session.scalars(select(Order).where(Order.note.is_(None), Order.id > 2))).all()


@same(lambda session: session.query(Order).filter_by(reference="A-1").all())
async def filtered_by(session: AsyncSession) -> object:
    return (await session.scalars(select(Order).filter_by(reference="A-1"))).all()


@same(lambda session: session.query(Order).filter(or_(Order.id == 1, Order.note == "late")).all())
async def filtered_by_either(session: AsyncSession) -> object:
    return (
        await session.scalars(select(Order).where(or_(Order.id == 1, Order.note == "late")))
    ).all()


@same(lambda session: session.query(Order).filter(Order.id.in_([1, 3])).all())
async def in_a_list(session: AsyncSession) -> object:
    return (await session.scalars(select(Order).where(Order.id.in_([1, 3])))).all()


@same(
    lambda session: (
        session.query(Order).filter(Order.id.in_(session.query(OrderItem.order_id))).all()
    )
)
async def in_a_query(session: AsyncSession) -> object:
    return (
        await session.scalars(select(Order).where(Order.id.in_(select(OrderItem.order_id))))
    ).all()


@same(lambda session: session.query(Order).filter(~Order.items.any()).all())
async def without_any(session: AsyncSession) -> object:
    return (await session.scalars(select(Order).where(~Order.items.any()))).all()


@same(
    lambda session: (
        session.query(Order)
        .filter(session.query(OrderItem).filter(OrderItem.order_id == Order.id).exists())
        .all()
    )
)
async def correlated_exists(session: AsyncSession) -> object:
    having = exists().where(OrderItem.order_id == Order.id)
    return (await session.scalars(select(Order).where(having))).all()


@same(
    lambda session: (
        session.query(Order).filter(text("reference = :reference")).params(reference="A-1").all()
    )
)
async def textual_condition(session: AsyncSession) -> object:
    statement = select(Order).where(text("reference = :reference"))
    return (await session.scalars(statement, {"reference": "A-1"})).all()


@same(
    lambda session: (
        session.query(OrderItem.order_id, func.sum(OrderItem.quantity))
        .group_by(OrderItem.order_id)
        .having(func.count() > 1)
        .all()
    )
)
async def grouped(session: AsyncSession) -> object:
    statement = select(OrderItem.order_id, func.sum(OrderItem.quantity))
    statement = statement.group_by(OrderItem.order_id).having(func.count() > 1)
    return (await session.execute(statement)).all()


# Order and pages


@same(lambda session: session.query(Order).order_by(Order.note.desc(), Order.id).all())
async def ordered(session: AsyncSession) -> object:
    return (await session.scalars(select(Order).order_by(Order.note.desc(), Order.id))).all()


@same(lambda session: session.query(Order).order_by(Order.id).limit(2).offset(1).all())
async def limited(session: AsyncSession) -> object:
    return (await session.scalars(select(Order).order_by(Order.id).limit(2).offset(1))).all()


@same(lambda session: session.query(Order).order_by(Order.id)[1:3])
async def sliced(session: AsyncSession) -> object:
    return (await session.scalars(select(Order).order_by(Order.id).slice(1, 3))).all()


@same(
    lambda session: (
        session.query(Order).count(),
        session.query(Order).order_by(Order.id).offset(2).limit(2).all(),
    )
)
async def paginated(session: AsyncSession) -> object:
    total = (await session.scalars(select(func.count()).select_from(Order))).one()
    page = (await session.scalars(select(Order).order_by(Order.id).offset(2).limit(2))).all()
    return total, page


# Joins, subqueries, unions


@same(lambda session: session.query(Order).join(Order.items).all())
async def join_of_a_relationship(session: AsyncSession) -> object:
    return (await session.scalars(select(Order).join(Order.items))).unique().all()


@same(lambda session: session.query(Order).join(OrderItem).filter_by(quantity=1).all())
async def filtered_by_what_was_joined(session: AsyncSession) -> object:
    statement = select(Order).join(OrderItem).where(OrderItem.quantity == 1)
    return (await session.scalars(statement)).unique().all()


@same(lambda session: session.query(Order.reference, OrderItem.sku).join(OrderItem).all())
async def join_of_a_table(session: AsyncSession) -> object:
    return (await session.execute(select(Order.reference, OrderItem.sku).join(OrderItem))).all()


@same(
    lambda session: (
        session.query(Order.reference, OrderItem.sku)
        .join(OrderItem, OrderItem.order_id == Order.id)
        .all()
    )
)
async def join_on(session: AsyncSession) -> object:
    statement = select(Order.reference, OrderItem.sku)
    statement = statement.join(OrderItem, OrderItem.order_id == Order.id)
    return (await session.execute(statement)).all()


@same(lambda session: session.query(Order.reference, OrderItem.sku).outerjoin(Order.items).all())
async def outer_join(session: AsyncSession) -> object:
    return (
        await session.execute(select(Order.reference, OrderItem.sku).outerjoin(Order.items))
    ).all()


@same(lambda session: session.query(OrderItem.sku).select_from(Order).join(Order.items).all())
async def join_from(session: AsyncSession) -> object:
    statement = select(OrderItem.sku).select_from(Order).join(Order.items)
    return (await session.execute(statement)).all()


@same(
    lambda session: (
        session.query(Order.id, Other.id)
        .join(Other, Order.note == Other.note)
        .filter(Order.id < Other.id)
        .all()
    )
)
async def self_join(session: AsyncSession) -> object:
    statement = select(Order.id, Other.id).join(Other, Order.note == Other.note)
    return (await session.execute(statement.where(Order.id < Other.id))).all()


@same(
    lambda session: session.query(
        session.query(OrderItem.order_id.label("order_id")).distinct().subquery().c.order_id
    ).all()
)
async def subquery(session: AsyncSession) -> object:
    ids = select(OrderItem.order_id.label("order_id")).distinct().subquery()
    return (await session.execute(select(ids.c.order_id))).all()


@same(
    lambda session: session.query(
        Order.id,
        session.query(func.count()).filter(OrderItem.order_id == Order.id).scalar_subquery(),
    ).all()
)
async def scalar_subquery(session: AsyncSession) -> object:
    items = select(func.count()).where(OrderItem.order_id == Order.id).scalar_subquery()
    return (await session.execute(select(Order.id, items))).all()


@same(
    lambda session: (
        session.query(Order)
        .filter_by(id=1)
        .union(session.query(Order).filter_by(note="late"))
        .all()
    )
)
async def union_of_entities(session: AsyncSession) -> object:
    both = union(select(Order).filter_by(id=1), select(Order).filter_by(note="late"))
    return (await session.scalars(select(Order).from_statement(both))).all()


@same(
    lambda session: (
        session.query(Order)
        .from_statement(text("select * from orders where id = :id"))
        .params(id=1)
        .all()
    )
)
async def from_raw_sql(session: AsyncSession) -> object:
    statement = select(Order).from_statement(text("select * from orders where id = :id"))
    return (await session.scalars(statement, {"id": 1})).all()


# What is loaded along


@same(lambda session: session.query(Order).options(selectinload(Order.items)).all())
async def selectin_load(session: AsyncSession) -> object:
    return (await session.scalars(select(Order).options(selectinload(Order.items)))).all()


@same(lambda session: session.query(Order).options(subqueryload(Order.items)).all())
async def subquery_load(session: AsyncSession) -> object:
    return (await session.scalars(select(Order).options(subqueryload(Order.items)))).all()


@same(lambda session: session.query(Order).options(joinedload(Order.items)).all())
async def joined_load(session: AsyncSession) -> object:
    return (await session.scalars(select(Order).options(joinedload(Order.items)))).unique().all()


@same(
    lambda session: (
        session.query(Order).join(Order.items).options(contains_eager(Order.items)).all()
    )
)
async def contained_load(session: AsyncSession) -> object:
    statement = select(Order).join(Order.items).options(contains_eager(Order.items))
    return (await session.scalars(statement)).unique().all()


@same(lambda session: session.query(Order).options(load_only(Order.reference)).all())
async def load_some(session: AsyncSession) -> object:
    return (await session.scalars(select(Order).options(load_only(Order.reference)))).all()


@same(lambda session: session.query(Order).options(defer(Order.receipt)).all())
async def load_later(session: AsyncSession) -> object:
    return (await session.scalars(select(Order).options(defer(Order.receipt)))).all()


@same(lambda session: session.query(Order).populate_existing().all())
async def load_anew(session: AsyncSession) -> object:
    statement = select(Order).execution_options(populate_existing=True)
    return (await session.scalars(statement)).all()


# Locks


@same(lambda session: session.query(Order).filter_by(id=1).with_for_update().one())
async def locked(session: AsyncSession) -> object:
    return (await session.scalars(select(Order).filter_by(id=1).with_for_update())).one()


@same(lambda session: session.query(Order).with_for_update(nowait=True).all())
async def locked_or_failed(session: AsyncSession) -> object:
    return (await session.scalars(select(Order).with_for_update(nowait=True))).all()


@same(lambda session: session.query(Order).with_for_update(skip_locked=True).all())
async def locked_where_free(session: AsyncSession) -> object:
    return (await session.scalars(select(Order).with_for_update(skip_locked=True))).all()


@same(lambda session: session.query(Order).join(Order.items).with_for_update(of=Order).all())
async def one_table_locked(session: AsyncSession) -> object:
    statement = select(Order).join(Order.items).with_for_update(of=Order)
    return (await session.scalars(statement)).unique().all()


# Writes


@same(
    lambda session: in_turn(
        session.add(Order(id=9, reference="C-1")),
        session.commit(),
    )
)
async def add(session: AsyncSession) -> None:
    session.add(Order(id=9, reference="C-1"))
    await session.commit()


@same(
    lambda session: session.bulk_save_objects(
        [Order(id=8, reference="C-1"), Order(id=9, reference="C-2")]
    )
)
async def add_many(session: AsyncSession) -> None:
    session.add_all([Order(id=8, reference="C-1"), Order(id=9, reference="C-2")])
    await session.flush()


@same(
    lambda session: session.bulk_insert_mappings(
        Order, [{"id": 8, "reference": "C-1"}, {"id": 9, "reference": "C-2"}]
    )
)
async def insert_many(session: AsyncSession) -> None:
    await session.execute(
        insert(Order), [{"id": 8, "reference": "C-1"}, {"id": 9, "reference": "C-2"}]
    )


@same(
    lambda session: session.bulk_update_mappings(
        Order, [{"id": 1, "note": "a"}, {"id": 2, "note": "b"}]
    )
)
async def update_many(session: AsyncSession) -> None:
    await session.execute(update(Order), [{"id": 1, "note": "a"}, {"id": 2, "note": "b"}])


@same(lambda session: session.query(Order).filter(Order.id > 2).update({"note": "late"}))
async def update_where(session: AsyncSession) -> object:
    return (await session.execute(update(Order).where(Order.id > 2).values(note="late"))).rowcount  # type: ignore[attr-defined]


@same(
    lambda session: session.query(OrderItem).update(
        {OrderItem.quantity: OrderItem.quantity + 1}, synchronize_session=False
    )
)
async def update_in_the_database(session: AsyncSession) -> object:
    statement = update(OrderItem).values(quantity=OrderItem.quantity + 1)
    statement = statement.execution_options(synchronize_session=False)
    return (await session.execute(statement)).rowcount  # type: ignore[attr-defined]


@same(lambda session: session.query(OrderItem).filter(OrderItem.sku == "nut").delete())
async def delete_where(session: AsyncSession) -> object:
    return (await session.execute(delete(OrderItem).where(OrderItem.sku == "nut"))).rowcount  # type: ignore[attr-defined]


@same(
    lambda session: (
        session.query(Order).filter(Order.note.is_(None)).delete(synchronize_session="fetch")
    )
)
async def delete_and_tell_the_session(session: AsyncSession) -> object:
    statement = delete(Order).where(Order.note.is_(None))
    statement = statement.execution_options(synchronize_session="fetch")
    return (await session.execute(statement)).rowcount  # type: ignore[attr-defined]


@same(lambda session: in_turn(session.delete(session.query(Order).get(3)), session.flush()))
async def delete_one(session: AsyncSession) -> None:
    await session.delete(await session.get(Order, 3))
    await session.flush()


@same(lambda session: session.merge(Order(id=1, reference="A-1", note="late")))
async def merge(session: AsyncSession) -> object:
    return await session.merge(Order(id=1, reference="A-1", note="late"))


# Session and raw SQL


@same(
    lambda session: in_turn(
        order := session.query(Order).get(1),
        session.refresh(order, ["items"]),
        order,
    )
)
async def refresh(session: AsyncSession) -> object:
    order = await session.get_one(Order, 1)
    await session.refresh(order, ["items"])
    return order


@same(
    lambda session: session.execute(
        text("select note from orders where id = :id"), {"id": 1}
    ).scalar()
)
async def raw_sql(session: AsyncSession) -> object:
    return await session.scalar(text("select note from orders where id = :id"), {"id": 1})


@same(
    lambda session: in_turn(
        session.add(Order(id=9, reference="C-1")), session.query(Order).autoflush(False).count()
    )
)
async def without_autoflush(session: AsyncSession) -> object:
    session.add(Order(id=9, reference="C-1"))
    statement = select(func.count()).select_from(Order)
    return (await session.scalars(statement, execution_options={"autoflush": False})).one()


@same(lambda session: OldStock.query.filter_by(place="north").all())
async def query_property(session: AsyncSession) -> object:
    return (await session.scalars(select(Stock).filter_by(place="north"))).all()


@same(lambda session: session.query(OldShelf).get(1).boxes.filter(OldBox.weight > 1).all())
async def part_of_a_large_collection(session: AsyncSession) -> object:
    shelf = await session.get_one(Shelf, 1)
    return (await session.scalars(shelf.boxes.select().where(Box.weight > 1))).all()


@same(lambda session: session.query(OldShelf).get(1).boxes.append(OldBox(id=3, weight=5)))
async def add_to_a_large_collection(session: AsyncSession) -> None:
    shelf = await session.get_one(Shelf, 1)
    shelf.boxes.add(Box(id=3, weight=5))


# No longer in 2.x, on either session


@gone(
    lambda session: session.query(Order).join("items").all(),
    "ArgumentError: Join target, typically a FROM expression, or ORM relationship attribute expected, got 'items'.",
    gives=[1, 1, 2],
)
async def join_by_name(session: AsyncSession) -> object:
    return (await session.scalars(select(Order.id).join(Order.items).order_by(Order.id))).all()


@gone(
    lambda session: session.query(Order).options(selectinload("items")).all(),  # type: ignore[arg-type]
    "ArgumentError: Strings are not accepted for attribute names in loader options",
    gives=[2, 1, 0, 0],
)
async def load_by_name(session: AsyncSession) -> object:
    orders = await session.scalars(select(Order).options(selectinload(Order.items)))
    return [len(order.items) for order in orders]


@gone(
    lambda session: session.query(Order).limit(2).from_self().order_by(Order.id.desc()).all(),
    "AttributeError: 'Query' object has no attribute 'from_self'",
    gives=[2, 1],
)
async def from_self(session: AsyncSession) -> object:
    two = aliased(Order, select(Order).order_by(Order.id).limit(2).subquery())
    return (await session.scalars(select(two.id).order_by(two.id.desc()))).all()


@gone(
    lambda session: session.query(Order).filter("note is null").all(),
    "ArgumentError: Textual SQL expression 'note is null' should be explicitly declared as text('note is null')",
    gives=[2, 4],
)
async def condition_as_a_string(session: AsyncSession) -> object:
    return (await session.scalars(select(Order.id).where(Order.note.is_(None)))).all()


@gone(
    lambda session: session.query(Order).order_by("reference desc").all(),
    "CompileError: Can't resolve label reference for ORDER BY",
    gives=[4, 3, 2, 1],
)
async def order_as_a_string(session: AsyncSession) -> object:
    return (await session.scalars(select(Order.id).order_by(Order.reference.desc()))).all()


@gone(
    lambda session: session.execute("select 1").scalar(),
    "ArgumentError: Textual SQL expression 'select 1' should be explicitly declared as text('select 1')",
    gives=1,
)
async def bare_string(session: AsyncSession) -> object:
    return await session.scalar(text("select 1"))


@gone(
    lambda session: session.execute(text("select note from orders where id = 1")).first()["note"],
    "TypeError: tuple indices must be integers or slices, not str",
    gives="late",
)
async def column_by_string(session: AsyncSession) -> object:
    rows = await session.execute(text("select note from orders where id = 1"))
    return rows.mappings().one()["note"]


@gone(
    lambda session: session.execute(select([Order.id])).all(),  # type: ignore[call-overload]
    "ArgumentError: Column expression, FROM clause, or other columns clause element expected, got [",
    gives=[1, 2, 3, 4],
)
async def list_of_columns(session: AsyncSession) -> object:
    return (await session.scalars(select(Order.id))).all()


@gone(
    lambda session: session.query(case([(Order.note.is_(None), "?")], else_="!")).all(),  # type: ignore[arg-type]
    'ArgumentError: The "whens" argument to case(), when referring to a sequence of items',
    gives=["!", "?", "!", "?"],
)
async def list_of_cases(session: AsyncSession) -> object:
    return (await session.scalars(select(case((Order.note.is_(None), "?"), else_="!")))).all()


@gone(
    lambda session: engine.execute(text("select 1")).scalar(),
    "AttributeError: 'Engine' object has no attribute 'execute'",
    gives=1,
)
async def execution_by_the_engine(session: AsyncSession) -> object:
    connection = await session.connection()
    return await connection.scalar(text("select 1"))


@gone(
    lambda session: Session(engine, autocommit=True),  # type: ignore[arg-type]
    "ArgumentError: autocommit=True is no longer supported",
    gives=None,
)
async def autocommit(session: AsyncSession) -> None:
    session.add(Order(id=9, reference="C-1"))
    await session.commit()


@gone(
    lambda session: session.begin(subtransactions=True),
    "TypeError: Session.begin() got an unexpected keyword argument 'subtransactions'",
    gives=None,
)
async def subtransactions(session: AsyncSession) -> None:
    session.add(Order(id=9, reference="C-1"))


async def test_the_service_reads_without_query(service: Service) -> None:
    exchange = await service.request("GET", "/orders/totals")

    observed = f"{exchange.status}, raised: {exchange.error!r}"
    assert observed == "200, raised: None", observed


@pytest.mark.parametrize("name", ROWS)
async def test_both_sides_of_a_row_do_the_same(name: str, real_database: Database) -> None:
    old, new = ROWS[name]
    async with filled(real_database) as session:
        before = await tables(session)
        old_outcome = plain(await session.run_sync(as_current(old))), await tables(session)
    async with filled(real_database) as session:
        new_outcome = plain(await new(session)), await tables(session)

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
            assert await OrderRepository(session).count() == 4
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
