"""A request and somebody else's transaction each wait for what the other one has."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress

import asyncpg

from async_db.faults.judging import stands
from async_db.faults.outcome import Outcome
from async_db.faults.registry import Need, scenario
from async_db.faults.service import Limits, filled_sql
from async_db.faults.stage import Stage

_TIMES = 2
# Who waits longest finds the deadlock, and is ended: so that it is the request.
_PATIENT = "set local deadlock_timeout = '1min'"


def judge(outcome: Outcome, limits: Limits) -> Iterator[str]:
    """It is done again, or its client is told to do so."""
    yield from stands(outcome)


@scenario(
    "A request deadlocks with somebody else's transaction: it must be done again or answered 503,"
    " and nothing of it be stored then.",
    judge,
    needs=(Need.WRITER, Need.CONTENTION, Need.OWN_SERVER),
)
async def deadlock(stage: Stage) -> Outcome:
    request = stage.service.contended or stage.writer
    first, second = request.contend
    for _ in range(_TIMES):
        made = await stage.made_for(request)
        async with stage.database.outsider() as outsider:
            await outsider.execute(_PATIENT)
            await outsider.execute(filled_sql(first, made))
            sending = asyncio.ensure_future(stage.send(request, "fault", made))
            await stage.somebody_waits()
            with suppress(asyncpg.PostgresError):  # ended instead of the request
                await outsider.execute(filled_sql(second, made))
        await sending
    return await stage.outcome(recovered=await stage.recovered())
