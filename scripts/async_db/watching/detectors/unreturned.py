"""The connections that a request has not given back when all of it has ended.

Shared by two rules: which of them is broken depends on when the connection was taken.
"""

from __future__ import annotations

from collections.abc import Iterator

from async_db.traces import Trace
from async_db.watching.source_locations import is_test


def unreturned_connections(trace: Trace) -> Iterator[tuple[int, bool]]:
    """Tell where each was taken, and whether that was after the response had begun."""
    told: set[int | None] = set()
    for index in _unreturned(trace):
        event = trace.events[index]
        if event.connection not in told and event.task not in trace.working:
            told.add(event.connection)
            yield index, trace.answered is not None and index > trace.answered


def _unreturned(trace: Trace) -> list[int]:
    held: dict[tuple[str, int], int] = {}
    for index, event in enumerate(trace.events):
        match event.kind:
            case "checkout" if not is_test(event.source):
                held["connection", event.connection or 0] = index
            case "unit.begin":
                held["session", event.session or 0] = index
            case "checkin" | "close":
                held.pop(("connection", event.connection or 0), None)
            case "unit.end":
                held.pop(("session", event.session or 0), None)
        if event.session in trace.foreign and event.connection is not None:
            held.pop(("connection", event.connection), None)
            held.pop(("session", event.session or 0), None)
    return sorted(held.values())
