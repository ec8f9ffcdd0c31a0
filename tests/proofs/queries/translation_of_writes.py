"""The translation table, third part: writes, the session, raw SQL."""

from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.orders.models import Order, OrderItem
from translation_models import Box, OldBox, OldShelf, OldStock, Shelf, Stock
from translation_rows import Rows, adds_to, in_turn

WRITES: Rows = {}
same = adds_to(WRITES)


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
