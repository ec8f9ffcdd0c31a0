"""The database is far away."""

import asyncio
from collections.abc import Iterator

from async_db.faults.judging import serves_all, stands
from async_db.faults.outcome import Outcome
from async_db.faults.registry import scenario
from async_db.faults.service import Limits
from async_db.faults.stage import Stage

_DELAY = 0.02  # seconds in each direction
_SECONDS = 1.0


def judge(outcome: Outcome, limits: Limits) -> Iterator[str]:
    """All takes longer, and that is all."""
    yield from stands(outcome)
    yield from serves_all(outcome, "load")


@scenario("Every packet takes 20 ms in each direction: all must be served, only later.", judge)
async def delayed_network(stage: Stage) -> Outcome:
    async with stage.loading():
        stage.wire.delay = _DELAY
        await asyncio.sleep(_SECONDS)
    stage.wire.mend()
    return await stage.outcome(recovered=await stage.recovered())
