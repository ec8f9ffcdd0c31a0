"""The translation table, second part: joins and unions, what is loaded along, locks."""

from sqlalchemy import func, select, text, union
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import contains_eager, defer, joinedload, load_only, selectinload, subqueryload

from app.orders.models import Order, OrderItem
from translation_models import Other
from translation_rows import Rows, adds_to

JOINS: Rows = {}
same = adds_to(JOINS)


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
        .order_by(Order.id)
        .all()
    )
)
async def union_of_entities(session: AsyncSession) -> object:
    both = union(select(Order).filter_by(id=1), select(Order).filter_by(note="late"))
    return (await session.scalars(select(Order).from_statement(both.order_by("id")))).all()


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


@same(lambda session: session.query(Order).options(defer(Order.note)).all())
async def load_later(session: AsyncSession) -> object:
    return (await session.scalars(select(Order).options(defer(Order.note)))).all()


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
