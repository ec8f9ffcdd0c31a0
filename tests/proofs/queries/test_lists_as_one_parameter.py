from collections.abc import Sequence

import pytest
from sqlalchemy import ARRAY, BigInteger, any_, func, insert, literal, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from app.database.engine import Database
from app.idempotency import IdempotencyKey, delete_expired
from app.orders.models import Order

MORE_THAN_PARAMETERS = 32_768
EXPIRED = text(
    "insert into idempotency_keys (key, fingerprint, status_code, answer, created_at)"
    " select n::text, '', 201, '', now() - interval '2 days' from generate_series(1, :n) n"
)


async def orders_with_ids(session: AsyncSession, ids: Sequence[int]) -> Sequence[Order]:
    statement = select(Order).where(Order.id == any_(literal(ids, ARRAY(BigInteger))))
    return (await session.scalars(statement)).all()


async def add_orders(session: AsyncSession, references: Sequence[str]) -> None:
    await session.execute(insert(Order), [{"reference": reference} for reference in references])


@pytest.mark.rule("queries/lists-as-one-parameter")
@pytest.mark.usefixtures("serve")  # which deletes what is stored here
async def test_a_list_may_be_longer_than_parameters(real_database: Database) -> None:
    async with real_database.sessions.begin() as session:
        await session.execute(EXPIRED, {"n": MORE_THAN_PARAMETERS})

    try:
        observed = f"deleted: {await delete_expired(real_database)}"
    except DBAPIError as error:
        observed = f"deleted: 0, {error.orig}"
    async with real_database.sessions() as session:
        left = await session.scalar(select(func.count()).select_from(IdempotencyKey))

    observed = f"{observed}; left: {left}"
    assert observed == f"deleted: {MORE_THAN_PARAMETERS}; left: 0", observed
    async with real_database.sessions.begin() as session:
        await add_orders(session, ["A-1", "A-2", "A-3"])
        first, second, _ = await session.scalars(select(Order.id).order_by(Order.id))
        others = range(-MORE_THAN_PARAMETERS, 0)
        found = await orders_with_ids(session, [first, second, *others])
        assert {order.reference for order in found} == {"A-1", "A-2"}
        assert await orders_with_ids(session, []) == []
