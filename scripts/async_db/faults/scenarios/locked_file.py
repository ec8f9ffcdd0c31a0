"""Somebody else writes to the file of SQLite, for longer than anybody waits."""

import asyncio
from collections.abc import Iterator

from async_db.faults.judging import serves_all, stands
from async_db.faults.outcome import Outcome
from async_db.faults.registry import SQLITE, scenario
from async_db.faults.service import Limits
from async_db.faults.stage import Stage

_WRITERS = 4  # fewer than a usual pool has connections: each holds one while it waits
_TIMES = 2  # that each of them tries
_READERS = 4
_PAUSE = 0.05


def judge(outcome: Outcome, limits: Limits) -> Iterator[str]:
    """Only who writes may be refused; who reads does not wait for a writer."""
    yield from stands(outcome)
    yield from serves_all(outcome, "reading")
    yield from serves_all(outcome, "ready")


@scenario(
    "Another program holds the lock of the file's one writer while some write and others read: who"
    " writes must be answered 503, who reads be served, and the service stay ready.",
    judge,
    databases=SQLITE,
)
async def locked_file(stage: Stage) -> Outcome:
    await stage.send(stage.writer, "before")
    readers = [one for one in stage.service.of_kind("plain") if not one.after and not one.writes]
    over = asyncio.Event()

    async def write() -> None:
        for _ in range(_TIMES):
            await stage.send(stage.writer, "writing")

    async def read(turn: int) -> None:
        while readers and not over.is_set():
            await stage.send(readers[turn % len(readers)], "reading")
            await asyncio.sleep(_PAUSE)

    async with (
        stage.database.outsider(),
        stage.asking(stage.service.live, "live"),
        stage.asking(stage.service.ready, "ready"),
    ):
        reading = asyncio.gather(*(read(turn) for turn in range(_READERS)))
        await asyncio.gather(*(write() for _ in range(_WRITERS)))
        over.set()
        await reading
    return await stage.outcome(recovered=await stage.recovered())
