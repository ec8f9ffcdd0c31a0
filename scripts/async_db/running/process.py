"""A process of a running app, watched from when it has loaded SQLAlchemy to its end."""

from __future__ import annotations

import atexit
import os
import sys
from contextlib import ExitStack, suppress
from dataclasses import asdict
from functools import partial
from pathlib import Path

from ..findings import Finding
from ..traces import Trace, cut
from ..watching import (
    DETECTORS,
    ASGIApp,
    KeptFindings,
    Observer,
    Place,
    Receive,
    RouteSampling,
    SampledRoute,
    Scope,
    Send,
    place_of,
)
from .notes import MOST_ROUTES, MOST_TALLIES, Notes, Settings
from .pictures import Pictures

MAX_ALIKE = 3  # findings of one rule, place and route: under load, one place is met again and again
MAX_FINDINGS = MOST_TALLIES

_watching: list[Process] = []
"""The one that watches this process, if one does."""


class Process(Observer):
    """Watches all requests of the current process, and notes what it sees as soon as it does.

    Parameters:
        folder: where it is noted.
        settings: what is asked for.
    """

    def __init__(self, folder: Path, settings: Settings) -> None:
        self._notes = Notes(folder)
        self._pictures = Pictures() if settings.draws else None
        self._every_request = settings.every_request
        self._before: tuple[int, ...] = ()
        self._stack = ExitStack()  # never left
        super().__init__(
            Path(settings.root),
            _test,
            self._over if settings.draws else None,
            found=_NotedFindings(self._notes),
            sampling=self._new_sampling(),
        )

    def begin(self) -> None:
        """Watch from now on, as long as there is this process."""
        self._stack.enter_context(self.watching())
        self._notes.add("judged", sorted({detector.rule for detector in DETECTORS}))
        self._count()
        atexit.register(self._note_remaining)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._forked)

    def remark(self, text: str) -> None:
        """Note what was not to be judged."""
        self._safely(partial(self._notes.add, "remark"))(text)

    async def live(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().live(app, scope, receive, send)
        finally:
            # Servers have themselves killed afterwards, by the signal that they were sent.
            self._note_remaining()

    def _began(self, number: int) -> None:
        super()._began(number)
        self._count()

    def _ended(self, number: int, scope: Scope) -> None:
        super()._ended(number, scope)
        self._count()

    def _count(self) -> None:
        try:
            counts: tuple[int, ...] = self.counts()
            if self._before:
                counts = tuple(now - then for now, then in zip(counts, self._before, strict=True))
            self._notes.count(counts)
        except Exception as error:  # noqa: BLE001 (what is watched must not notice)
            self._note_problem(error)

    def _new_sampling(self) -> RouteSampling | None:
        if self._every_request:
            return None
        return RouteSampling(_NotedSamples(self._notes), MOST_ROUTES)

    def _note_remaining(self) -> None:
        self._safely(self._remain)()

    def _remain(self) -> None:
        found = self.remaining()
        if found:
            self._notes.add("remaining", [asdict(finding) for finding in found])

    def _over(self, trace: Trace, findings: list[Finding]) -> None:
        if self._pictures is not None and self._pictures.wants(trace, findings):
            drawn, moments = cut(trace, (finding.event for finding in findings))
            placed = [{**asdict(each), "event": moments.get(each.event, -1)} for each in findings]
            self._notes.add("shown", {"trace": asdict(drawn), "findings": placed})

    def _note_problem(self, error: Exception) -> None:
        first = self.problem is None
        super()._note_problem(error)
        if first:
            with suppress(OSError):  # where it cannot be noted, there is no other place
                self._notes.add("problem", f"did not see everything: {self.problem}")

    def _forked(self) -> None:
        """Begin anew: what this process was before it was forked, that one has noted."""
        self._served.clear()
        self._notes.forget()
        self._found = _NotedFindings(self._notes)
        self._sampling = self._new_sampling()
        self._before = self.counts()


def _test() -> str:
    """Name the test that runs, where the command runs tests: what it makes is its own."""
    if "pytest" not in sys.modules:
        return ""
    return os.environ.get("PYTEST_CURRENT_TEST", "").rpartition(" ")[0]


class _NotedFindings(KeptFindings):
    """Notes each finding that it keeps; how many more there were is counted."""

    def __init__(self, notes: Notes) -> None:
        super().__init__(MAX_ALIKE, MAX_FINDINGS)
        self._notes = notes
        self._numbers: dict[Place, int] = {}

    def add(self, finding: Finding) -> bool:
        kept = super().add(finding)
        place = place_of(finding)
        if kept:
            number = self._numbers.setdefault(place, len(self._numbers))
            self._notes.add("finding", {**asdict(finding), "tally": number})
        elif place in self._numbers:
            self._notes.tally(self._numbers[place], self.left_out(place))
        return kept


class _NotedSamples:
    """Notes each route, and how many requests of it are served and how many of them watched."""

    def __init__(self, notes: Notes) -> None:
        self._notes = notes
        self._named: set[int] = set()

    def __call__(self, route: SampledRoute) -> None:
        self._notes.sample(route.number, route.served, route.watched)
        if route.number not in self._named:
            self._named.add(route.number)
            self._notes.add("sampled", {"number": route.number, "route": route.name})


def watch(folder: Path, settings: Settings) -> Process:
    """Watch this process from now on, and give who does; who does already goes on.

    Parameters:
        folder: where it is noted, if nobody watches yet.
        settings: what is asked for, if nobody watches yet.
    """
    if not _watching:
        process = Process(folder, settings)
        process.begin()
        _watching.append(process)
    return _watching[0]
