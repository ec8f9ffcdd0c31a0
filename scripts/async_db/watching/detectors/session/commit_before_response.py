"""Writes that the client is told of before they are committed, or that never are."""

from __future__ import annotations

from collections.abc import Iterator

from ....findings import Finding
from ....traces import Trace
from ..registry import detects
from ..reporting import finding_at
from ..units_of_work import units_of_work

RULE = "session/commit-before-response"


@detects(RULE, Trace)
def commit_after_response(trace: Trace) -> Iterator[Finding]:
    """Find writes of the request that are committed when it is already answered."""
    answered = trace.answered
    if answered is None:
        return
    for unit in units_of_work(trace):
        # What begins after the answer is a background task's own, and may well end there.
        if unit.committed is None or not unit.writes or unit.seen > answered:
            continue
        if unit.committed > answered:
            yield finding_at(
                trace,
                RULE,
                "proven",
                unit.committed,
                f"{trace.route} answers {trace.status} and commits its writes afterwards",
                'commit before the response: Depends(..., scope="function") on FastAPI >= 0.121',
                unit.session,
            )


@detects(RULE, Trace)
def answered_but_not_stored(trace: Trace) -> Iterator[Finding]:
    """Find writes that are answered as done and never committed."""
    status, answered = trace.status, trace.answered
    if status is None or answered is None or not 200 <= status < 300:
        return
    ended = [index for index, event in enumerate(trace.events) if event.kind == "unit.rollback"]
    for unit in units_of_work(trace):
        if unit.committed is None and unit.seen < answered:
            yield finding_at(
                trace,
                RULE,
                "proven",
                unit.writes[0],
                f"{trace.route} answers {status}, and what it wrote is never committed",
                "commit in the session dependency, or end the operation with an error",
                unit.session,
            )
    for index in ended:
        event = trace.events[index]
        wrote = any(e.writes and e.session == event.session for e in trace.events[:index])
        if index > answered and wrote and event.session not in trace.foreign:
            yield finding_at(
                trace,
                RULE,
                "proven",
                index,
                f"{trace.route} answers {status}, and what it wrote is then rolled back",
                'commit before the response: Depends(..., scope="function") on FastAPI >= 0.121',
                event.session,
            )
