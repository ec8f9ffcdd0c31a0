"""Somebody ends all of the service's connections from the server's side."""

import asyncio
from collections.abc import Iterator

from async_db.faults.judging import stands
from async_db.faults.outcome import Outcome
from async_db.faults.registry import scenario
from async_db.faults.service import Limits
from async_db.faults.stage import Stage

_TIMES = 3
_SECONDS = 0.3  # of load before and between


def judge(outcome: Outcome, limits: Limits) -> Iterator[str]:
    """Who was in the middle of something hears so; nobody else hears of it."""
    yield from stands(outcome)


@scenario(
    "The server ends all connections under load, three times: what was acknowledged must be there,"
    " all be answered, and the next requests be served as ever.",
    judge,
)
async def killed_backends(stage: Stage) -> Outcome:
    async with stage.loading():
        for _ in range(_TIMES):
            await asyncio.sleep(_SECONDS)
            await stage.postgresql.kill_backends()
        await asyncio.sleep(_SECONDS)
    return await stage.outcome(recovered=await stage.recovered())
