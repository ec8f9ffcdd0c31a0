"""The database is not there when the service starts."""

from collections.abc import Iterator

from async_db.faults.judging import is_not_ready, stands
from async_db.faults.outcome import Outcome
from async_db.faults.registry import scenario
from async_db.faults.service import Limits
from async_db.faults.stage import Stage
from async_db.servers import Condition

_WRITES = 4


def judge(outcome: Outcome, limits: Limits) -> Iterator[str]:
    """It starts, says that it is alive and not ready, and serves as soon as it can."""
    yield from stands(outcome)
    yield from is_not_ready(outcome)


@scenario(
    "The database is down when the service starts: it must start, be alive, not be ready, answer"
    " 503, and serve once the database is there.",
    judge,
    starts=False,
)
async def database_down_at_start(stage: Stage) -> Outcome:
    stage.wire.fail(Condition.REFUSING)
    await stage.start()
    async with (
        stage.asking(stage.service.live, "live"),
        stage.asking(stage.service.ready, "ready"),
    ):
        for _ in range(_WRITES):
            await stage.send(stage.writer, "fault")
    stage.wire.mend()
    return await stage.outcome(recovered=await stage.recovered())
