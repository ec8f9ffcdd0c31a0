"""The server restarts, as after a change of its configuration."""

import asyncio
from collections.abc import Iterator

from async_db.faults.judging import stands
from async_db.faults.outcome import Outcome
from async_db.faults.registry import Need, scenario
from async_db.faults.service import Limits
from async_db.faults.stage import Stage

_SECONDS = 0.4  # of load before and after


def judge(outcome: Outcome, limits: Limits) -> Iterator[str]:
    """Who asks while it is away hears so, and nobody after that."""
    yield from stands(outcome)


@scenario(
    "The server restarts under load: what was acknowledged must be there,"
    " all be answered, and the service go on without a restart of its own.",
    judge,
    needs=(Need.WRITER, Need.OWN_SERVER),
)
async def server_restart(stage: Stage) -> Outcome:
    async with stage.loading():
        await asyncio.sleep(_SECONDS)
        await asyncio.to_thread(stage.own_server.stop, "fast")
        await asyncio.to_thread(stage.own_server.start)
        await asyncio.sleep(_SECONDS)
    return await stage.outcome(recovered=await stage.recovered())
