"""The service is told to end while it serves."""

import asyncio
from collections.abc import Iterator

from async_db.faults.judging import ends, keeps_its_word, leaves_nothing, serves_all
from async_db.faults.outcome import Outcome
from async_db.faults.registry import BOTH, scenario
from async_db.faults.service import Limits
from async_db.faults.stage import Stage

_IN_FLIGHT = 8
_SECONDS = 0.3  # of load before
_BEGUN_SECONDS = 0.15  # in which requests have begun, and cannot be done
_DELAY = 0.05  # seconds in each direction of the network


def judge(outcome: Outcome, limits: Limits) -> Iterator[str]:
    """What has begun is finished and answered. (A client that sends in the moment in which its
    idle connection is closed gets no answer from any server: the load is not judged by that.)"""
    yield from keeps_its_word(outcome)
    in_flight = outcome.reached().of("in flight")  # who came too late for that, was refused
    if not in_flight.sent:
        yield "no request was in flight"
    yield from serves_all(in_flight, "in flight")
    yield from ends(outcome, limits)
    yield from leaves_nothing(outcome)


@scenario(
    "SIGTERM under load: what is in flight must be finished and answered, the process end in time,"
    " and no connection stay.",
    judge,
    databases=BOTH,
)
async def sigterm_under_load(stage: Stage) -> Outcome:
    async with stage.loading():
        await asyncio.sleep(_SECONDS)
    if stage.network is not None:
        stage.network.delay = _DELAY
        return await _ended_meanwhile(stage)
    async with stage.database.outsider():  # a file is locked instead, so that writers wait
        in_flight = _in_flight(stage)
        await asyncio.sleep(_BEGUN_SECONDS)
        stage.process.terminate()
    return await _all_over(stage, in_flight)


async def _ended_meanwhile(stage: Stage) -> Outcome:
    in_flight = _in_flight(stage)
    await asyncio.sleep(_BEGUN_SECONDS)
    return await _all_over(stage, in_flight)


def _in_flight(stage: Stage) -> "asyncio.Future[object]":
    return asyncio.ensure_future(stage.send_at_once(stage.writer, "in flight", [{}] * _IN_FLIGHT))


async def _all_over(stage: Stage, in_flight: "asyncio.Future[object]") -> Outcome:
    stopped = await stage.stopped()
    await in_flight
    return await stage.outcome(stopped=stopped)
