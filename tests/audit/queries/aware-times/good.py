from datetime import UTC, datetime, timedelta, timezone

from sqlalchemy import DateTime, func, select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Order(Base):
    __tablename__ = "orders"

    created_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), default=lambda: datetime.now(timezone.utc), server_default=func.now()
    )
    confirmed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


async def confirm(order):
    order.confirmed_at = datetime.now(UTC)
    order.confirmed_at = datetime.utcnow().replace(tzinfo=UTC)
    order.confirmed_at = datetime.now().astimezone()
    return select(Order).where(Order.confirmed_at < datetime.now(tz=UTC) - timedelta(hours=1))
