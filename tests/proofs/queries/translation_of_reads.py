"""The translation table, first part: rows and values, conditions, order and pages."""

from sqlalchemy import exists, func, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from app.orders.models import Order, OrderItem
from translation_models import OldStock, Stock
from translation_rows import Rows, adds_to

READS: Rows = {}
same = adds_to(READS)


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
