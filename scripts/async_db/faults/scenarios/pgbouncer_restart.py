"""The PgBouncer between the service and its server restarts."""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack

from async_db.faults.judging import stands
from async_db.faults.outcome import Outcome
from async_db.faults.registry import Need, scenario
from async_db.faults.service import Limits
from async_db.faults.stage import Stage
from async_db.servers import throwaway_pgbouncer

_SETTINGS = {"pool_mode": "transaction", "default_pool_size": 10}
_SECONDS = 0.4  # of load before and after


def judge(outcome: Outcome, limits: Limits) -> Iterator[str]:
    """Who was in the middle of something hears so, and nobody after that."""
    yield from stands(outcome)


@scenario(
    "PgBouncer ends under load and another one takes its place: what was acknowledged must be"
    " there, all be answered, and the service go on.",
    judge,
    needs=(Need.WRITER, Need.OWN_SERVER, Need.PGBOUNCER_SETTINGS, Need.PGBOUNCER),
    starts=False,
)
async def pgbouncer_restart(stage: Stage) -> Outcome:
    url = stage.database.url
    with ExitStack() as first, ExitStack() as second:
        one = throwaway_pgbouncer(url, _SETTINGS)
        stage.wire.lead_to(await asyncio.to_thread(first.enter_context, one))
        await stage.start(stage.service.behind_pgbouncer or {})
        async with stage.loading():
            await asyncio.sleep(_SECONDS)
            await asyncio.to_thread(first.close)
            another = throwaway_pgbouncer(url, _SETTINGS)
            stage.wire.lead_to(await asyncio.to_thread(second.enter_context, another))
            await asyncio.sleep(_SECONDS)
        return await stage.outcome(recovered=await stage.recovered())
