"""A task that runs after the answer fails."""

from collections.abc import Iterator

from async_db.faults.judging import serves_all, stands
from async_db.faults.outcome import Outcome
from async_db.faults.registry import Need, scenario
from async_db.faults.service import Limits, filled_sql
from async_db.faults.stage import Stage

_TIMES = 2


def judge(outcome: Outcome, limits: Limits) -> Iterator[str]:
    """Whoever sends the next request on that connection hears nothing of it."""
    yield from stands(outcome)
    yield from serves_all(outcome, "next on the connection")


@scenario(
    "The row of a background task is locked until the task gives up: the next request on the same"
    " keep-alive connection must be answered as ever.",
    judge,
    needs=(Need.WRITER, Need.BACKGROUND),
)
async def failing_background_task(stage: Stage) -> Outcome:
    request = next(one for one in stage.service.of_kind("background") if one.lock)
    made = [await stage.made_for(request) for _ in range(_TIMES)]
    for values in made:
        async with stage.one_connection() as client, stage.database.outsider() as outsider:
            await outsider.execute(filled_sql(request.lock, values))
            await client.send(request, "background", values)
            await client.send(stage.writer, "next on the connection")
    return await stage.outcome(recovered=await stage.recovered())
