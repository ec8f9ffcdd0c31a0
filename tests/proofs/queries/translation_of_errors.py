"""The translation table, last part: what is no longer in 2.x."""

from sqlalchemy import case, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session, aliased, selectinload

from app.orders.models import Order
from translation_models import engine
from translation_rows import GoneRows, adds_gone_to

GONE: GoneRows = {}
gone = adds_gone_to(GONE)

# No longer in 2.x, on either session


@gone(
    lambda session: session.query(Order).join("items").all(),
    "ArgumentError: Join target, typically a FROM expression, or ORM relationship attribute expected, got 'items'.",
    [1, 1, 2],
)
async def join_by_name(session: AsyncSession) -> object:
    return (await session.scalars(select(Order.id).join(Order.items).order_by(Order.id))).all()


@gone(
    lambda session: session.query(Order).options(selectinload("items")).all(),  # type: ignore[arg-type]
    "ArgumentError: Strings are not accepted for attribute names in loader options",
    [2, 1, 0, 0],
)
async def load_by_name(session: AsyncSession) -> object:
    orders = await session.scalars(select(Order).options(selectinload(Order.items)))
    return [len(order.items) for order in orders]


@gone(
    lambda session: session.query(Order).limit(2).from_self().order_by(Order.id.desc()).all(),
    "AttributeError: 'Query' object has no attribute 'from_self'",
    [2, 1],
)
async def from_self(session: AsyncSession) -> object:
    two = aliased(Order, select(Order).order_by(Order.id).limit(2).subquery())
    return (await session.scalars(select(two.id).order_by(two.id.desc()))).all()


@gone(
    lambda session: session.query(Order).filter("note is null").all(),
    "ArgumentError: Textual SQL expression 'note is null' should be explicitly declared as text('note is null')",
    [2, 4],
)
async def condition_as_a_string(session: AsyncSession) -> object:
    return (await session.scalars(select(Order.id).where(Order.note.is_(None)))).all()


@gone(
    lambda session: session.query(Order).order_by("reference desc").all(),
    "CompileError: Can't resolve label reference for ORDER BY",
    [4, 3, 2, 1],
)
async def order_as_a_string(session: AsyncSession) -> object:
    return (await session.scalars(select(Order.id).order_by(Order.reference.desc()))).all()


@gone(
    lambda session: session.execute("select 1").scalar(),
    "ArgumentError: Textual SQL expression 'select 1' should be explicitly declared as text('select 1')",
    1,
)
async def bare_string(session: AsyncSession) -> object:
    return await session.scalar(text("select 1"))


@gone(
    lambda session: session.execute(text("select note from orders where id = 1")).first()["note"],
    "TypeError: tuple indices must be integers or slices, not str",
    "late",
)
async def column_by_string(session: AsyncSession) -> object:
    rows = await session.execute(text("select note from orders where id = 1"))
    return rows.mappings().one()["note"]


@gone(
    lambda session: session.execute(select([Order.id])).all(),  # type: ignore[call-overload]
    "ArgumentError: Column expression, FROM clause, or other columns clause element expected, got [",
    [1, 2, 3, 4],
)
async def list_of_columns(session: AsyncSession) -> object:
    return (await session.scalars(select(Order.id))).all()


@gone(
    lambda session: session.query(case([(Order.note.is_(None), "?")], else_="!")).all(),  # type: ignore[arg-type]
    'ArgumentError: The "whens" argument to case(), when referring to a sequence of items',
    ["!", "?", "!", "?"],
)
async def list_of_cases(session: AsyncSession) -> object:
    return (await session.scalars(select(case((Order.note.is_(None), "?"), else_="!")))).all()


@gone(
    lambda session: engine.execute(text("select 1")).scalar(),
    "AttributeError: 'Engine' object has no attribute 'execute'",
    1,
)
async def execution_by_the_engine(session: AsyncSession) -> object:
    connection = await session.connection()
    return await connection.scalar(text("select 1"))


@gone(
    lambda session: Session(engine, autocommit=True),  # type: ignore[arg-type]
    "ArgumentError: autocommit=True is no longer supported",
    None,
)
async def autocommit(session: AsyncSession) -> None:
    session.add(Order(id=9, reference="C-1"))
    await session.commit()


@gone(
    lambda session: session.begin(subtransactions=True),
    "TypeError: Session.begin() got an unexpected keyword argument 'subtransactions'",
    None,
)
async def subtransactions(session: AsyncSession) -> None:
    session.add(Order(id=9, reference="C-1"))
