"""The network cuts a connection when COMMIT is done, before its answer is there."""

from collections.abc import Iterator

from async_db.faults.judging import stands
from async_db.faults.outcome import Outcome
from async_db.faults.registry import scenario
from async_db.faults.service import Limits
from async_db.faults.stage import Stage
from async_db.servers import Moment


def judge(outcome: Outcome, limits: Limits) -> Iterator[str]:
    """Nobody may be told to try again what is stored already."""
    yield from stands(outcome)


@scenario(
    "The answer to COMMIT is lost on its way, to each that a request sends: the write is stored, and"
    " its client must not hear that it is not, nor that it should try again.",
    judge,
)
async def cut_after_commit(stage: Stage) -> Outcome:
    await stage.cut_commits(Moment.AFTER)
    return await stage.outcome(recovered=await stage.recovered())
