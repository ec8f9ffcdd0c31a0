"""Clients ask for a long stream, and do not read it."""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack

from async_db.faults.judging import ends, stands
from async_db.faults.leaving import asked
from async_db.faults.outcome import Outcome
from async_db.faults.registry import BOTH, Need, scenario
from async_db.faults.service import Limits
from async_db.faults.stage import Stage

_CLIENTS = 12  # more than a usual pool has connections
_SECONDS = 0.3  # in which all of them have begun


def judge(outcome: Outcome, limits: Limits) -> Iterator[str]:
    """They hold no connection, and nobody waits for them, SIGTERM neither."""
    yield from stands(outcome)
    yield from ends(outcome, limits)


@scenario(
    "Clients ask for a stream and read nothing: they may hold no connection of the pool, others be"
    " served, and SIGTERM end the process in time.",
    judge,
    databases=BOTH,
    needs=(Need.WRITER, Need.STREAM),
)
async def clients_that_do_not_read(stage: Stage) -> Outcome:
    request = stage.service.of_kind("stream")[0]
    await stage.seed()
    async with AsyncExitStack() as idle, stage.asking(stage.service.live, "live"):
        for _ in range(_CLIENTS):
            values = stage.client.values(await stage.made_for(request))
            asking = asked(stage.process.port, stage.service, request, values)
            await idle.enter_async_context(asking)
        await asyncio.sleep(_SECONDS)
        await stage.settled()
        recovered = await stage.recovered()
        outcome = await stage.outcome(recovered=recovered)
        stopped = await stage.stopped()
    return Outcome(outcome.answers, outcome.left, {"recovered": recovered, "stopped": stopped})
