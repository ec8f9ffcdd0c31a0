"""Clients go away in the middle of what they asked for."""

import asyncio
from collections.abc import Iterator

from async_db.faults.judging import serves_all, stands
from async_db.faults.leaving import left_after
from async_db.faults.outcome import Outcome
from async_db.faults.registry import BOTH, scenario
from async_db.faults.service import Limits, Request, Values
from async_db.faults.stage import Stage

_CLIENTS = 24  # of each kind of request
_SECONDS = 0.2  # within which they leave, one after the other


def judge(outcome: Outcome, limits: Limits) -> Iterator[str]:
    """Nothing of what they asked for stays open, and others are served."""
    yield from stands(outcome)
    yield from serves_all(outcome, "the same again")


@scenario(
    "Clients ask for something of every kind that there is and go away before it is there: no"
    " connection may stay taken, and who asks for the same after them must get it.",
    judge,
    databases=BOTH,
)
async def clients_that_leave(stage: Stage) -> Outcome:
    requests = stage.service.requests
    await stage.seed()
    made = [await stage.made_often(request, _CLIENTS) for request in requests]
    async with stage.asking(stage.service.live, "live"):
        for request, rows in zip(requests, made, strict=True):
            leaving = (_leave(stage, request, row, turn) for turn, row in enumerate(rows))
            await asyncio.gather(*leaving)
            await stage.settled()
        recovered = await stage.recovered()
        for request in requests:
            await stage.send(request, "the same again", await stage.made_for(request))
    return await stage.outcome(recovered=recovered)


async def _leave(stage: Stage, request: Request, made: Values, turn: int) -> None:
    values = stage.client.values(made)
    await left_after(stage.process.port, stage.service, request, values, _SECONDS * turn / _CLIENTS)
