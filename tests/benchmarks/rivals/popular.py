"""The popular way, as tutorials and templates have it.

A dependency of the default scope yields a session; the operation adds, commits and refreshes, and
returns rows of the ORM to be answered by a response model. The engine is made with its defaults.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException
from fastapi.requests import HTTPConnection
from sqlalchemy import BigInteger, DateTime, ForeignKey, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, selectinload

from benchmarks.rivals.schemas import OrderCreate, OrderOut, OrderPage, OrderSummary, OrderUpdate


class Base(DeclarativeBase):
    type_annotation_map = {datetime: DateTime(timezone=True)}  # noqa: RUF012 (SQLAlchemy's)

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())


class Order(Base):
    __tablename__ = "orders"

    reference: Mapped[str] = mapped_column(unique=True)
    note: Mapped[str | None]
    confirmation_requested_at: Mapped[datetime | None]
    confirmed_at: Mapped[datetime | None]

    items: Mapped[list["OrderItem"]] = relationship(
        back_populates="order", order_by="OrderItem.id", cascade="all, delete-orphan"
    )


class OrderItem(Base):
    __tablename__ = "order_items"

    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id", ondelete="CASCADE"))
    sku: Mapped[str]
    quantity: Mapped[int]

    order: Mapped[Order] = relationship(back_populates="items")


async def get_db(connection: HTTPConnection) -> AsyncIterator[AsyncSession]:
    async with connection.app.state.sessions() as session:
        yield session


Db = Annotated[AsyncSession, Depends(get_db)]


def create_app(url: str) -> FastAPI:
    """Make the service for a database with the rendered service's tables.

    Parameters:
        url: the libpq-style URL of the database, which names no driver.
    """
    engine = create_async_engine(url.replace("postgresql://", "postgresql+asyncpg://", 1))

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        await engine.dispose()

    app = FastAPI(lifespan=lifespan)
    app.state.sessions = async_sessionmaker(engine, expire_on_commit=False)
    app.get("/health/ready", status_code=204)(ready)
    app.post("/orders", status_code=201, response_model=OrderOut)(create_order)
    app.get("/orders", response_model=OrderPage)(list_orders)
    app.get("/orders/{order_id}", response_model=OrderOut)(read_order)
    app.put("/orders/{order_id}", response_model=OrderOut)(update_order)
    return app


async def ready(db: Db) -> None:
    await db.execute(text("select 1"))


async def create_order(body: OrderCreate, db: Db) -> Order:
    items = [OrderItem(sku=item.sku, quantity=item.quantity) for item in body.items]
    order = Order(reference=body.reference, note=body.note, items=items)
    db.add(order)
    await db.commit()
    await db.refresh(order, ["created_at", "updated_at", "items"])
    return order


async def list_orders(db: Db, after: int = 0, limit: int = 50) -> OrderPage:
    statement = select(Order).where(Order.id > after).order_by(Order.id).limit(limit + 1)
    rows = (await db.execute(statement)).scalars().all()
    shown = [OrderSummary.model_validate(row) for row in rows[:limit]]
    return OrderPage(rows=shown, next_after=shown[-1].id if len(rows) > limit else None)


async def read_order(order_id: int, db: Db) -> Order:
    return await _order(db, order_id)


async def update_order(order_id: int, body: OrderUpdate, db: Db) -> Order:
    order = await _order(db, order_id)
    for name, value in body.model_dump().items():
        setattr(order, name, value)
    await db.commit()
    await db.refresh(order, ["updated_at"])
    return order


async def _order(db: AsyncSession, order_id: int) -> Order:
    statement = select(Order).where(Order.id == order_id).options(selectinload(Order.items))
    order = (await db.execute(statement)).scalar_one_or_none()
    if order is None:
        raise HTTPException(404, "no such order")
    return order
