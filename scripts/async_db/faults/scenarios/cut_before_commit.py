"""The network cuts a connection that carries COMMIT, before the server sees it."""

from collections.abc import Iterator

from async_db.faults.judging import stands
from async_db.faults.outcome import Outcome
from async_db.faults.registry import scenario
from async_db.faults.service import Limits
from async_db.faults.stage import Stage
from async_db.servers import Moment


def judge(outcome: Outcome, limits: Limits) -> Iterator[str]:
    """Nobody may be told that it is stored."""
    yield from stands(outcome)


@scenario(
    "COMMIT never reaches the server, each that a request sends: it stores nothing, and no client may"
    " hear that it does.",
    judge,
)
async def cut_before_commit(stage: Stage) -> Outcome:
    await stage.cut_commits(Moment.BEFORE)
    return await stage.outcome(recovered=await stage.recovered())
