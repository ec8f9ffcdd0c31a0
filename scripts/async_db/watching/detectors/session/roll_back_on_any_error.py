"""Writes that stay although the client is told of an error."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ....findings import Finding
from ....traces import EXPLICIT, OWN_BLOCK, Trace
from ..registry import detects
from ..reporting import finding_at
from ..units_of_work import UnitOfWork, outlives_a_time_limit, units_of_work

RULE = "session/roll-back-on-any-error"
WRITES = re.compile(
    r"\s*(insert\s+into|update|delete\s+from|merge\s+into)\s+[\w.\"]+", re.IGNORECASE
)
MOST_NAMED = 3  # statements that wrote


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
            explicit = trace.events[unit.committed].detail == EXPLICIT
            before = unit.committed < answered
            stored = "is committed"
            advice = "raise instead of returning an error, and let the session dependency roll back"
            if explicit and before:
                stored = f"was committed here before: {_written(trace, unit)}"
                advice = (
                    "leave the commit to the session dependency, which then rolls all of it back; "
                    "what is to stay in spite of the error, give a block of its own, "
                    "`async with sessions.begin()`"
                )
            yield finding_at(
                trace,
                RULE,
                "proven" if raised or status >= 500 else "suspected",
                unit.committed,
                f"{trace.route} answers {status}, and what it wrote {stored}",
                advice,
                unit.session,
            )


def _written(trace: Trace, unit: UnitOfWork) -> str:
    """Name what a unit has written, without what it has."""
    written = (WRITES.match(trace.events[index].detail) for index in unit.writes)
    names = dict.fromkeys(" ".join(found.group().split()) for found in written if found)
    named = [*names][:MOST_NAMED]
    more = f" and {len(names) - len(named)} more" if len(names) > len(named) else ""
    return f"{', '.join(named) or 'its rows'}{more}"
