"""The network takes packets and answers none, without a reset: a firewall forgot its connections."""

import asyncio
from collections.abc import Iterator

from async_db.faults.judging import ends, stands
from async_db.faults.outcome import Outcome
from async_db.faults.registry import scenario
from async_db.faults.service import Limits
from async_db.faults.stage import Stage
from async_db.servers import Condition

_CLIENTS = 12
_WARM_SECONDS = 0.3
_SENT_SECONDS = 0.3  # after which what was sent waits for the database


def judge(outcome: Outcome, limits: Limits) -> Iterator[str]:
    """All is answered in time, the pool whole again, and the process ends when told to."""
    yield from stands(outcome.besides("while ending"))
    yield from ends(outcome, limits)


@scenario(
    "A network swallows packets without a reset: every request must be answered within the"
    " service's limits, the pool must be whole afterwards, and SIGTERM must end the process.",
    judge,
)
async def swallowed_packets(stage: Stage) -> Outcome:
    async with stage.loading():
        await asyncio.sleep(_WARM_SECONDS)
    stage.wire.fail(Condition.SWALLOWING)
    async with stage.asking(stage.service.live, "live"):
        await stage.send_at_once(stage.writer, "fault", [{}] * _CLIENTS)
    stage.wire.mend()
    recovered = await stage.recovered()
    whole = await stage.outcome()
    stage.wire.fail(Condition.SWALLOWING)
    waiting = asyncio.gather(*(stage.send(stage.writer, "while ending") for _ in range(3)))
    await asyncio.sleep(_SENT_SECONDS)
    stopped = await stage.stopped()
    await waiting
    return Outcome(whole.answers, whole.left, {"recovered": recovered, "stopped": stopped})
