from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import func, insert, select
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app.database.engine import Database
from app.orders.models import Order


async def a_text_for_a_number(session: AsyncSession) -> None:
    await session.get(Order, "1")


async def a_number_for_a_text(session: AsyncSession) -> None:
    await session.execute(insert(Order).values(reference=1))


async def a_text_too_long(session: AsyncSession) -> None:
    await session.execute(insert(Order).values(reference="A" * 41))


async def a_column_outside_group_by(session: AsyncSession) -> None:
    await session.execute(select(Order.reference, func.count()))


async def going_on_after_an_error(session: AsyncSession) -> None:
    await session.execute(insert(Order).values(reference="A-1"))
    with pytest.raises(IntegrityError):
        await session.execute(insert(Order).values(reference="A-1"))
    await session.execute(select(Order.reference))


MISTAKES: tuple[Callable[[AsyncSession], Awaitable[None]], ...] = (
    a_text_for_a_number,
    a_number_for_a_text,
    a_text_too_long,
    a_column_outside_group_by,
    going_on_after_an_error,
)


@pytest.mark.rule("testing/real-database")
async def test_what_production_refuses_is_refused_in_tests(real_database: Database) -> None:
    found = 0
    for mistake in MISTAKES:
        async with real_database.sessions() as session:
            try:
                await mistake(session)
            except DBAPIError:
                found += 1
    observed = f"of {len(MISTAKES)} mistakes, found: {found}"
    assert observed == "of 5 mistakes, found: 5", observed
