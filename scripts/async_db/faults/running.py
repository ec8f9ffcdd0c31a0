"""Runs scenarios, one after the other on each service, and says what became of each."""

import asyncio
import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from async_db.faults.outcome import Outcome, Verdict
from async_db.faults.places import Place
from async_db.faults.process import NotStartedError
from async_db.faults.registry import Need, Scenario
from async_db.faults.service import Service
from async_db.servers import find_pgbouncer


@dataclass(frozen=True)
class Result:
    """What became of one scenario on one database."""

    scenario: str
    database: str
    verdict: Verdict = field(default_factory=Verdict)
    outcome: Outcome | None = None
    not_run: str | None = None
    """Why it was not run, if it was not."""
    seconds: float = 0.0
    wiring: str = ""
    """Of the rendered service."""

    @property
    def word(self) -> str:
        if self.not_run is not None:
            return "not run"
        return "held" if self.verdict.held else "broken"


def missing(scenario: Scenario, service: Service, *, owned: bool) -> Need | None:
    """Give the first thing that a scenario needs and that is not there.

    Args:
        scenario: what is to be run.
        service: on what.
        owned: whether the server is ours to stop and change.
    """
    return next((need for need in scenario.needs if not _there(need, service, owned)), None)


def _there(need: Need, service: Service, owned: bool) -> bool:
    match need:
        case Need.WRITER:
            return service.writer is not None
        case Need.UPDATER:
            return service.updater is not None
        case Need.LOCK:
            return service.updater is not None and bool(service.updater.lock)
        case Need.CONTENTION:
            return service.contended is not None
        case Need.BACKGROUND:
            return service.background is not None
        case Need.STREAM:
            return bool(service.of_kind("stream"))
        case Need.READY:
            return bool(service.ready)
        case Need.OWN_SERVER:
            return owned
        case Need.MIGRATIONS:
            return bool(service.migrate)
        case Need.PGBOUNCER_SETTINGS:
            return service.behind_pgbouncer is not None
        case Need.PGBOUNCER:
            return find_pgbouncer() is not None


@dataclass(frozen=True)
class Lane:
    """A service on a database, on which one scenario comes after the other.

    Attributes:
        service: what to put faults on.
        place: where its databases come from; no other lane's.
        folder: for what it writes; it is there.
        wiring: of the rendered service.
    """

    service: Service
    place: Place
    folder: Path
    wiring: str = ""


async def run_lanes(
    lanes: Sequence[Lane],
    scenarios: Sequence[Scenario],
    at_once: int,
    progress: Callable[[str], None],
) -> list[Result]:
    """Run on each lane the scenarios that concern its database; give the results by lane.

    Args:
        lanes: on what.
        scenarios: which faults.
        at_once: on how many lanes at the same time.
        progress: is told what is being done.
    """
    turns = asyncio.Semaphore(at_once)

    async def run(lane: Lane) -> list[Result]:
        async with turns:
            return [
                await _run(scenario, lane, progress) for scenario in _concerned(scenarios, lane)
            ]

    results = await asyncio.gather(*map(run, lanes))
    return [result for of_lane in results for result in of_lane]


def _concerned(scenarios: Sequence[Scenario], lane: Lane) -> Iterator[Scenario]:
    return (scenario for scenario in scenarios if lane.service.database in scenario.databases)


async def _run(scenario: Scenario, lane: Lane, progress: Callable[[str], None]) -> Result:
    service = lane.service
    result = Result(scenario.name, service.database, wiring=lane.wiring)
    need = missing(scenario, service, owned=lane.place.owned)
    if need is not None:
        return replace(result, not_run=need.value)
    progress(" on ".join(filter(None, (scenario.name, service.database, lane.wiring))))
    began = time.monotonic()
    own = _new_folder(lane.folder / f"{service.database}-{scenario.name}")
    outcome = None
    try:
        tables = Need.MIGRATIONS not in scenario.needs
        async with lane.place.stage(service, own, tables=tables) as opened:
            if scenario.starts:
                await opened.start()
            outcome = await scenario.run(opened)
        verdict = scenario.verdict(outcome, service.limits)
    except NotStartedError as error:
        verdict = Verdict((str(error),))
    seconds = time.monotonic() - began
    return replace(result, verdict=verdict, outcome=outcome, seconds=seconds)


def _new_folder(folder: Path) -> Path:
    """Make a folder; one that is there is of the time before, where a scenario is repeated."""
    numbered = (folder.with_name(f"{folder.name}-{number}") for number in range(2, 10_000))
    new = next(each for each in itertools.chain([folder], numbered) if not each.exists())
    new.mkdir()
    return new
