"""Somebody locks one row, and many requests want it."""

import asyncio
from collections.abc import Iterator

from async_db.faults.judging import serves_all, stands
from async_db.faults.outcome import Outcome
from async_db.faults.registry import Need, scenario
from async_db.faults.service import Limits, filled_sql
from async_db.faults.stage import Stage

_HOT = 22  # clients that want the row: more than twice as many as a usual pool has connections
_TIMES = 3  # that each of them tries
_APART = 0.05  # seconds between two of them: who comes all at once also gives up all at once
_INNOCENT = 4  # clients that want something else
_PAUSE = 0.05
# The share of these, and of who asks whether it is ready, that a busy machine may make wait for too
# long. Where a lock is waited for as long as the pool, it is half of them.
_UNLUCKY = 0.05


def judge(outcome: Outcome, limits: Limits) -> Iterator[str]:
    """Only who wants the row may be refused, and hardly anybody else."""
    yield from stands(outcome)
    yield from serves_all(outcome, "innocent", but=_UNLUCKY)
    yield from serves_all(outcome, "ready", but=_UNLUCKY)


@scenario(
    "One row is locked and 22 clients want it, again and again: who wants something else must be served, 19 of 20 at least,"
    " and the service must stay ready and alive.",
    judge,
    needs=(Need.WRITER, Need.UPDATER, Need.LOCK),
)
async def locked_row(stage: Stage) -> Outcome:
    made = await stage.made_for(stage.updater)
    if stage.service.ready:  # as a service has been before anybody is sent to it
        await stage.client.probe(stage.service.ready, "ready")
    over = asyncio.Event()

    async def want_the_row(turn: int) -> None:
        await asyncio.sleep(turn * _APART)
        for _ in range(_TIMES):
            await stage.send(stage.updater, "hot", made)

    async def want_something_else() -> None:
        while not over.is_set():
            await stage.send(stage.writer, "innocent")
            await asyncio.sleep(_PAUSE)

    async with (
        stage.database.outsider() as outsider,
        stage.asking(stage.service.live, "live"),
        stage.asking(stage.service.ready, "ready"),
    ):
        await outsider.execute(filled_sql(stage.updater.lock, made))
        hot = asyncio.gather(*(want_the_row(turn) for turn in range(_HOT)))
        await stage.somebody_waits()
        others = asyncio.gather(*(want_something_else() for _ in range(_INNOCENT)))
        await hot
        over.set()
        await others
    return await stage.outcome(recovered=await stage.recovered())
