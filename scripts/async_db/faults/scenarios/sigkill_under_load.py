"""The service's process is killed while it serves, and another one started."""

import asyncio
from collections.abc import Iterator

from async_db.faults.judging import keeps_its_word, leaves_nothing, recovers
from async_db.faults.outcome import Outcome
from async_db.faults.registry import BOTH, scenario
from async_db.faults.service import Limits
from async_db.faults.stage import Stage

_SECONDS = 0.5  # of load before


def judge(outcome: Outcome, limits: Limits) -> Iterator[str]:
    """What was in flight has no answer; what was acknowledged is there."""
    yield from keeps_its_word(outcome)
    yield from recovers(outcome)
    yield from leaves_nothing(outcome)


@scenario(
    "SIGKILL under load, and a new process: what was acknowledged must be there, and nothing that"
    " the first one held be in the way of the second.",
    judge,
    databases=BOTH,
)
async def sigkill_under_load(stage: Stage) -> Outcome:
    async with stage.loading():
        await asyncio.sleep(_SECONDS)
        stage.process.kill()
    await stage.start()
    return await stage.outcome(recovered=await stage.recovered())
