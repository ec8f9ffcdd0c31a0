"""Writes that stay although the client is told of an error."""

from __future__ import annotations

from collections.abc import Iterator

from ....findings import Finding
from ....traces import OWN_BLOCK, Trace
from ..registry import detects
from ..reporting import finding_at
from ..units_of_work import outlives_a_time_limit, units_of_work

RULE = "session/roll-back-on-any-error"


@detects(RULE, Trace)
def error_but_stored(trace: Trace) -> Iterator[Finding]:
    """Find writes that stay although the request is answered with an error."""
    status, answered = trace.status, trace.answered
    if status is None or answered is None or status < 400:
        return
    raised = any(e.kind == "error" and not e.connection and not e.pool for e in trace.events)
    for unit in units_of_work(trace):
        if unit.committed is None or trace.events[unit.committed].detail == OWN_BLOCK:
            continue  # what a block of its own has stored is meant to stay, whatever comes then
        if outlives_a_time_limit(trace, unit):
            continue  # nobody has told the operation
        if unit.writes and unit.seen < answered:
            yield finding_at(
                trace,
                RULE,
                "proven" if raised or status >= 500 else "suspected",
                unit.committed,
                f"{trace.route} answers {status}, and what it wrote is committed",
                "raise instead of returning an error, and let the session dependency roll back",
                unit.session,
            )
