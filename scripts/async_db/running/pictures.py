"""Which requests of a running app are noted, to be drawn: few, however long it runs."""

from __future__ import annotations

from collections.abc import Iterable

from ..findings import Finding
from ..traces import Trace

MAX_ROUTES = 300
MAX_OFFENDING = 20  # of one route: requests that each show something new
SLOWER = 1.1  # than the slowest that is noted; so of one route only some ten dozen ever are


class Pictures:
    """Remembers what is noted, and not the requests themselves."""

    def __init__(self) -> None:
        self._slowest: dict[str, float] = {}
        self._offending: dict[str, set[tuple[str, str, int]]] = {}

    def wants(self, trace: Trace, findings: Iterable[Finding]) -> bool:
        """Say whether a request is to be noted, and take it for noted."""
        slowest = self._slowest.get(trace.route)
        if slowest is None and len(self._slowest) >= MAX_ROUTES:
            return False
        seconds = trace.events[-1].at - trace.events[0].at if trace.events else 0.0
        told = self._offending.setdefault(trace.route, set())
        new = {(each.rule, each.path, each.line) for each in findings} - told
        if len(told) < MAX_OFFENDING:
            told |= new
        else:
            new.clear()
        slower = slowest is None or seconds > slowest * SLOWER
        if slower:
            self._slowest[trace.route] = seconds
        return slower or bool(new)
