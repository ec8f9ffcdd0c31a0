"""Nobody has migrated the database."""

from collections.abc import Iterator

from async_db.faults.judging import is_not_ready, lives, recovers
from async_db.faults.outcome import Outcome
from async_db.faults.process import migrated
from async_db.faults.registry import BOTH, Need, scenario
from async_db.faults.service import Limits
from async_db.faults.stage import Stage

_TIMES = 3


def judge(outcome: Outcome, limits: Limits) -> Iterator[str]:
    """It is alive and not ready, so that no request comes; then it serves."""
    yield from lives(outcome)
    yield from is_not_ready(outcome)
    yield from recovers(outcome)


@scenario(
    "The tables are not there yet: the service must be alive, not be ready, and serve once they are.",
    judge,
    databases=BOTH,
    needs=(Need.WRITER, Need.READY, Need.MIGRATIONS, Need.OWN_SERVER),
)
async def tables_missing(stage: Stage) -> Outcome:
    for _ in range(_TIMES):
        await stage.client.probe(stage.service.live, "live")
        await stage.client.probe(stage.service.ready, "ready")
    await migrated(stage.service, stage.variables)
    return await stage.outcome(recovered=await stage.recovered())
