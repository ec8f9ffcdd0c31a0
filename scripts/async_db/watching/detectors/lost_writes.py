"""What was to be stored and never is: what no flush has written, and what a disconnect takes back."""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding
from ...traces import Trace
from .reporting import finding_at
from .units_of_work import units_of_work


def unwritten_findings(trace: Trace, rule: str) -> Iterator[Finding]:
    """Make findings of what was added to the service's sessions and not written when they close.

    Parameters:
        trace: the request.
        rule: the rule's name.
    """
    status = trace.status
    for index, event in enumerate(trace.events):
        theirs = event.session in trace.foreign
        if event.kind != "unflushed" or theirs or status is None or not 200 <= status < 300:
            continue
        yield finding_at(
            trace,
            rule,
            "suspected",  # it may not be meant to be stored
            index,
            f"{trace.route} answers {status}, and {event.detail} that it adds is never written",
            "commit in the session dependency, or do not add what is not to be stored",
            event.session,
        )


def disconnected_findings(trace: Trace, rule: str) -> Iterator[Finding]:
    """Make findings of what a WebSocket has written that is not stored when it ends.

    Parameters:
        trace: the request; there is nothing to say of one that is no WebSocket.
        rule: the rule's name.
    """
    errors = [e.detail for e in trace.events if e.kind == "error" and not e.connection]
    if not trace.is_websocket or not all(each.startswith("WebSocketDisconnect") for each in errors):
        return
    gone = bool(errors) or any(event.kind == "cancel" for event in trace.events)
    for unit in units_of_work(trace, rolled_back=gone):
        if unit.committed is None and unit.writes:
            yield finding_at(
                trace,
                rule,
                "proven",
                unit.writes[0],
                f"{trace.route} ends, and what it wrote is never committed",
                "open a short session for each message, which commits",
                unit.session,
            )
