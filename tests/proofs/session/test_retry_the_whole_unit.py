import asyncio
from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.database.engine import Database
from app.database.retrying import retried
from app.orders.models import Order
from async_db.watching import Serve, Service, describe_error

Unit = Callable[[AsyncSession], Awaitable[None]]


@pytest.mark.rule("session/retry-the-whole-unit")
async def test_units_that_lost_to_others_are_done_again(
    serve: Serve, real_database: Database
) -> None:
    told = []
    async with serve(database_lock_timeout=60) as service:  # a deadlock is told before that
        for reference in ("A-1", "A-2"):
            await service.request("POST", "/orders", {"reference": reference, "note": "one"})

        for units in (one_that_read_too_early(real_database), two_that_wait_for_each_other()):
            told += await asyncio.gather(*(outcome_of(service, unit) for unit in units))

        assert told == ["stored"] * len(told), "; ".join(told)
        rows = (await service.request("GET", "/orders")).json()["rows"]
    assert rows[0]["note"] == "one two three four four"


def one_that_read_too_early(database: Database) -> list[Unit]:
    """Add a word to a note that somebody else has changed after it was read."""
    others = [update(Order).values(note="one two")]

    async def add_a_word(session: AsyncSession) -> None:
        await session.connection(execution_options={"isolation_level": "SERIALIZABLE"})
        order = (await session.scalars(select(Order).order_by(Order.id))).all()[0]
        while others:
            async with database.sessions.begin() as other_session:
                await other_session.execute(others.pop())
        order.note = f"{order.note} three"
        await session.flush()

    return [add_a_word]


def two_that_wait_for_each_other() -> list[Unit]:
    """Add a word to both notes, one unit in this order and one in the other."""
    both_have_one = asyncio.Barrier(2)

    def adding_a_word(references: tuple[str, str]) -> Unit:
        attempts = 0

        async def add_a_word(session: AsyncSession) -> None:
            nonlocal attempts
            attempts += 1
            for reference in references:
                locked = select(Order).where(Order.reference == reference).with_for_update()
                order = (await session.scalars(locked)).one()
                order.note = f"{order.note} four"
                if reference == references[0] and attempts == 1:
                    await both_have_one.wait()

        return add_a_word

    return [adding_a_word(("A-1", "A-2")), adding_a_word(("A-2", "A-1"))]


async def outcome_of(service: Service, unit: Unit) -> str:
    try:
        await retried(service.state["database"], unit)
    except Exception as error:  # noqa: BLE001 (whatever it is, it is what the rule speaks of)
        return describe_error(error)
    return "stored"
