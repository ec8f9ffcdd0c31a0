"""Many writers on one file of SQLite."""

import asyncio
from collections.abc import Iterator

from async_db.faults.judging import serves_all, stands
from async_db.faults.outcome import Outcome
from async_db.faults.registry import SQLITE, Need, scenario
from async_db.faults.service import Limits
from async_db.faults.stage import Stage

_ROWS = 20
_ROUNDS = 3


def judge(outcome: Outcome, limits: Limits) -> Iterator[str]:
    """They wait for each other, and nobody is refused."""
    yield from stands(outcome)
    yield from serves_all(outcome, "writing")
    yield from serves_all(outcome, "reading")


@scenario(
    "20 requests change 20 rows at the same time, again and again, while others read: each must"
    " get its turn, and no reader wait for them.",
    judge,
    databases=SQLITE,
    needs=(Need.WRITER, Need.UPDATER),
)
async def sqlite_writers(stage: Stage) -> Outcome:
    readers = [one for one in stage.service.of_kind("plain") if not one.after and not one.writes]
    for _ in range(_ROUNDS):
        made = await stage.made_often(stage.updater, _ROWS)
        await asyncio.gather(
            stage.send_at_once(stage.updater, "writing", made),
            *(stage.send(reader, "reading") for reader in readers),
        )
    return await stage.outcome(recovered=await stage.recovered())
