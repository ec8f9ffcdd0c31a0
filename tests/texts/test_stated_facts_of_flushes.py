"""What is stored otherwise than it was sent, for which SKILL.md leaves `refresh`, on PostgreSQL."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import CHAR, JSON, REAL, DateTime, Numeric, func, make_url, text
from sqlalchemy.exc import MissingGreenlet
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, column_property, mapped_column

pytestmark = [pytest.mark.postgres, pytest.mark.asyncio]

NOON = datetime(2026, 1, 2, 12, tzinfo=timezone(timedelta(hours=2)))
TRIGGER = [
    (
        "create function shout() returns trigger language plpgsql as"
        " $$ begin new.shouted := upper(new.shouted); return new; end $$"
    ),
    "create trigger shouts before insert on rows for each row execute function shout()",
]


class Base(DeclarativeBase):
    pass


class Row(Base):
    __tablename__ = "rows"
    __mapper_args__ = {"eager_defaults": True}  # noqa: RUF012 - SQLAlchemy's own declaration

    id: Mapped[int] = mapped_column(primary_key=True)
    price: Mapped[Decimal] = mapped_column(Numeric(10, 2), default=Decimal(0))
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=NOON)
    code: Mapped[str] = mapped_column(CHAR(5), default="")
    ratio: Mapped[float] = mapped_column(REAL, default=0.0)
    extra: Mapped[Any] = mapped_column(JSON, default={})
    shouted: Mapped[str] = mapped_column(default="")
    length: Mapped[int] = column_property(func.length(shouted))


@pytest.fixture(scope="module")
def url(new_database: Callable[[], str]) -> str:
    return make_url(new_database()).set(drivername="postgresql+asyncpg").render_as_string(False)


@asynccontextmanager
async def unit(url: str) -> AsyncIterator[AsyncSession]:
    engine = create_async_engine(url)
    try:
        async with engine.connect() as connection, AsyncSession(connection) as session:
            await connection.run_sync(Base.metadata.create_all)
            for statement in TRIGGER:
                await connection.execute(text(statement))
            yield session
    finally:
        await engine.dispose()


@pytest.mark.parametrize(
    ("column", "sent", "stored"),
    [
        ("price", Decimal("19.999"), Decimal("20.00")),
        ("at", NOON, NOON.astimezone(UTC)),
        ("code", "ab", "ab   "),
        ("ratio", 0.123456789, 0.12345679104328156),
        ("extra", {1: 2}, {"1": 2}),
        ("shouted", "a", "A"),
    ],
)
async def test_a_flush_shows_what_was_sent_and_a_refresh_what_is_stored(
    url: str, column: str, sent: object, stored: object
) -> None:
    async with unit(url) as session:
        session.add(row := Row(**{column: sent}))
        await session.flush()
        flushed = repr(getattr(row, column))
        await session.refresh(row, [column])
        assert (flushed, repr(getattr(row, column))) == (repr(sent), repr(stored))


async def test_a_column_property_is_not_there_after_a_flush(url: str) -> None:
    async with unit(url) as session:
        session.add(row := Row(shouted="abc"))
        await session.flush()
        with pytest.raises(MissingGreenlet):
            assert row.length
        await session.refresh(row, ["length"])
        assert row.length == 3
