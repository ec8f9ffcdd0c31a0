"""The connections that a request has not given back when all of it has ended.

Shared by three rules: which of them is broken depends on when the connection was taken, and on
whether the request was cancelled.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding
from ...traces import Trace
from ..source_locations import is_test
from .reporting import finding_at


def unreturned_findings(
    trace: Trace, rule: str, advice: str, *, late: bool, cancelled: bool = False
) -> Iterator[Finding]:
    """Make findings of the connections that are still out, at the places where they were taken.

    Parameters:
        trace: the request.
        rule: the rule's name.
        advice: what to do, in one sentence.
        late: whether it is about those taken after the response had begun, or about all others.
        cancelled: whether it is about requests that were cancelled, or about all others.
    """
    if cancelled is not any(event.kind == "cancel" for event in trace.events):
        return
    told: set[int | None] = set()
    for index in _unreturned(trace):
        event = trace.events[index]
        if event.connection in told or event.task in trace.working:
            continue
        told.add(event.connection)
        if late is (trace.answered is not None and index > trace.answered):
            yield finding_at(
                trace,
                rule,
                "proven",
                index,
                f"a connection of {trace.route} is still checked out when the request has ended",
                advice,
            )


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
