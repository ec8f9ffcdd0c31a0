"""Which of the watched requests are kept to be drawn: of each route the slowest, and what offends."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from ..findings import Finding
from ..traces import Event, Task, Trace, cut

Reason = Literal["slowest", "offending"]

MAX_ROUTES = 300
MAX_OFFENDING = 20  # of one route: requests that each show something new


@dataclass(frozen=True, slots=True)
class Shown:
    """A request that a page has a picture of.

    Parameters:
        trace: the request.
        findings: what it is evidence for.
        reason: why it was kept.
    """

    trace: Trace
    findings: tuple[Finding, ...] = ()
    reason: Reason = "slowest"


class Gallery:
    """Keeps what a page is to show, within bounds that do not depend on how much is watched."""

    def __init__(self) -> None:
        self._slowest: dict[str, Shown] = {}
        self._offending: dict[str, list[Shown]] = {}
        self._seen: set[tuple[str, str, str, int]] = set()

    def add(self, trace: Trace, findings: Iterable[Finding]) -> None:
        """Consider a request that is over, with what was found in it."""
        if trace.route not in self._slowest and len(self._slowest) >= MAX_ROUTES:
            return
        shown = _cut(trace, tuple(findings))
        told = shown.findings
        slowest = self._slowest.get(trace.route)
        if slowest is None or _seconds(trace) > _seconds(slowest.trace):
            self._slowest[trace.route] = shown
        new = {(trace.route, each.rule, each.path, each.line) for each in told} - self._seen
        offending = self._offending.setdefault(trace.route, [])
        if new and len(offending) < MAX_OFFENDING:
            self._seen |= new
            offending.append(replace(shown, reason="offending"))

    def shown(self) -> list[Shown]:
        """Give all that is kept: a request that is the slowest and offends too only once."""
        return [shown for route in self._slowest for shown in self._of(route)]

    def _of(self, route: str) -> Iterator[Shown]:
        offending = self._offending.get(route, [])
        slowest = self._slowest[route]
        if all(slowest.trace is not shown.trace for shown in offending):
            yield slowest
        yield from offending


def _cut(trace: Trace, findings: tuple[Finding, ...]) -> Shown:
    """Leave out of a long trace what is far from all that was found in it."""
    kept, moments = cut(trace, (finding.event for finding in findings))
    placed = (replace(each, event=moments.get(each.event, -1)) for each in findings)
    return Shown(kept, tuple(placed))


def as_json(shown: Iterable[Shown]) -> str:
    """Give what is kept as text, for another process."""
    return json.dumps([asdict(each) for each in shown], default=list)


def from_json(text: str) -> Iterator[tuple[Trace, list[Finding]]]:
    """Give the requests that `as_json` was given, with what was found in each."""
    for each in json.loads(text):
        findings = [
            Finding(**{**finding, "evidence": tuple(finding["evidence"])})
            for finding in each["findings"]
        ]
        yield _trace(each["trace"]), findings


def _trace(fields: Mapping[str, Any]) -> Trace:
    restored = {
        "events": tuple(Event(*event) for event in fields["events"]),
        "foreign": frozenset(fields["foreign"]),
        "working": frozenset(fields["working"]),
        "tasks": tuple(Task(**task) for task in fields["tasks"]),
        "pools": tuple(tuple(pool) for pool in fields["pools"]),
        "shared": tuple(tuple(session) for session in fields["shared"]),
    }
    return Trace(**{**fields, **restored})


def _seconds(trace: Trace) -> float:
    return trace.events[-1].at - trace.events[0].at if trace.events else 0.0
