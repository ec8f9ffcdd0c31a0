"""Runs scenarios, one after the other, and says what became of each."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
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


async def run_scenarios(
    service: Service,
    place: Place,
    scenarios: Sequence[Scenario],
    folder: Path,
    progress: Callable[[str], None],
) -> list[Result]:
    """Run the scenarios that concern the database of a service, one after the other.

    Args:
        service: what to put faults on.
        place: where its databases come from.
        scenarios: which faults.
        folder: for what services write; it is there.
        progress: is told what is being done.
    """
    results = []
    for scenario in _concerned(scenarios, service.database):
        need = missing(scenario, service, owned=place.owned)
        if need is not None:
            results.append(Result(scenario.name, service.database, not_run=need.value))
            continue
        progress(f"{scenario.name} on {service.database}")
        results.append(await _run(scenario, service, place, folder))
    return results


def _concerned(scenarios: Sequence[Scenario], database: str) -> Iterator[Scenario]:
    return (scenario for scenario in scenarios if database in scenario.databases)


async def _run(scenario: Scenario, service: Service, place: Place, folder: Path) -> Result:
    began = time.monotonic()
    own = folder / f"{service.database}-{scenario.name}"
    own.mkdir()
    stage = place.stage(
        service,
        own,
        tables=Need.MIGRATIONS not in scenario.needs,
    )
    outcome = None
    try:
        async with stage as opened:
            if scenario.starts:
                await opened.start()
            outcome = await scenario.run(opened)
        verdict = scenario.verdict(outcome, service.limits)
    except NotStartedError as error:
        verdict = Verdict((str(error),))
    return Result(
        scenario.name,
        service.database,
        verdict,
        outcome,
        seconds=time.monotonic() - began,
    )
