"""A task that runs after the answer fails."""

import asyncio
from collections.abc import Iterator

from async_db.faults.judging import stands
from async_db.faults.outcome import Outcome
from async_db.faults.registry import BOTH, Need, scenario
from async_db.faults.service import Limits, filled_sql
from async_db.faults.stage import Stage

_TIMES = 2
_EARLIER = 0.2  # seconds by which the task waits and gives up before the next request does


def judge(outcome: Outcome, limits: Limits) -> Iterator[str]:
    """Whoever sends the next request on that connection hears nothing of it."""
    yield from stands(outcome)


@scenario(
    "The row of a background task is locked until the task gives up, while the next request on the"
    " same keep-alive connection waits for that row too: that one must have its answer.",
    judge,
    databases=BOTH,
    needs=(Need.WRITER, Need.UPDATER, Need.LOCK, Need.BACKGROUND),
)
async def failing_background_task(stage: Stage) -> Outcome:
    request = stage.background
    for _ in range(_TIMES):
        made = await stage.made_for(request)
        async with stage.one_connection() as client, stage.database.outsider() as outsider:
            await outsider.execute(filled_sql(request.lock, made))
            await client.send(request, "background", made)
            await stage.somebody_waits()  # the task
            await asyncio.sleep(_EARLIER)
            await client.send(stage.updater, "next on the connection", made)
    return await stage.outcome(recovered=await stage.recovered())
