"""A failover to a node that does not take writes yet."""

from collections.abc import Iterator

from async_db.faults.judging import stands
from async_db.faults.outcome import Outcome
from async_db.faults.registry import Need, scenario
from async_db.faults.service import Limits
from async_db.faults.stage import Stage

_WRITES = 6
_SETTING = "default_transaction_read_only"


def judge(outcome: Outcome, limits: Limits) -> Iterator[str]:
    """Writes are told to wait, and are taken again without anybody's doing."""
    yield from stands(outcome)


@scenario(
    "Connections end, and new ones are read-only until a moment later: writes must be answered 503,"
    " not 500, and be taken again once there is a node that takes them.",
    judge,
    needs=(Need.WRITER, Need.OWN_SERVER),
)
async def read_only_failover(stage: Stage) -> Outcome:
    name = await stage.postgresql.ask("select current_database()")
    await stage.send(stage.writer, "before")
    # What is connected keeps what it is, as a connection to the node that was demoted does.
    await stage.postgresql.execute(f"alter database {name} set {_SETTING} = on")
    await stage.postgresql.kill_backends()
    async with stage.asking(stage.service.live, "live"):
        for _ in range(_WRITES):
            await stage.send(stage.writer, "fault")
    await stage.postgresql.execute(f"alter database {name} reset {_SETTING}")
    return await stage.outcome(recovered=await stage.recovered())
