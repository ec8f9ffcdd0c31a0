import datetime as dt
from datetime import UTC, datetime, timedelta

from sqlalchemy import Column, DateTime, TIMESTAMP, select, update
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlmodel import Field, SQLModel


class Base(DeclarativeBase):
    pass


class Order(Base):
    __tablename__ = "orders"

    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=datetime.utcnow)  # expect: proven
    changed_at: Mapped[datetime] = mapped_column(  # expect: proven
        TIMESTAMP(timezone=True), onupdate=lambda: datetime.now()
    )
    confirmed_at = Column(DateTime(timezone=True))


class Hero(SQLModel, table=True):
    seen_at: datetime = Field(sa_type=DateTime(timezone=True), default_factory=dt.datetime.utcnow)  # expect: proven


async def confirm(session, order):
    order.confirmed_at = datetime.utcnow()  # expect: suspected
    await session.execute(update(Order).values(confirmed_at=datetime.now()))  # expect: suspected
    session.add(Order(confirmed_at=datetime.now(UTC).replace(tzinfo=None)))  # expect: suspected
    hour = timedelta(hours=1)
    return select(Order).where(Order.confirmed_at < datetime.utcnow() - hour)  # expect: suspected
