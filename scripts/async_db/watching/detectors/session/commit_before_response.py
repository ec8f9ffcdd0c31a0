"""Writes that the client is told of before they are committed, or that never are."""

from __future__ import annotations

from collections.abc import Iterator

from ....findings import Finding
from ....traces import Trace
from ..lost_writes import disconnected_findings, unwritten_findings
from ..registry import detects
from ..reporting import finding_at
from ..units_of_work import outlives_a_time_limit, units_of_work

RULE = "session/commit-before-response"


SCOPE = 'commit before the response: Depends(..., scope="function") on FastAPI >= 0.121'


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
            goes_on = outlives_a_time_limit(trace, unit)
            yield finding_at(
                trace,
                RULE,
                "proven",
                unit.committed,
                f"{trace.route} answers {trace.status} and commits its writes afterwards"
                f"{': the operation goes on after its time limit' if goes_on else ''}",
                "limit the time in plain ASGI middleware, by asyncio.timeout: BaseHTTPMiddleware "
                "leaves the operation running"
                if goes_on
                else SCOPE,
                unit.session,
            )


@detects(RULE, Trace)
def added_but_not_written(trace: Trace) -> Iterator[Finding]:
    """Find what is added to a session that is closed before it writes it, and answered as done."""
    yield from unwritten_findings(trace, RULE)


@detects(RULE, Trace)
def lost_by_a_websocket(trace: Trace) -> Iterator[Finding]:
    """Find what a WebSocket has written and what is lost when the client goes."""
    yield from disconnected_findings(trace, RULE)


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
        # What has begun to write after the answer is a background task's own.
        wrote = any(e.writes and e.session == event.session for e in trace.events[:answered])
        if index > answered and wrote and event.session not in trace.foreign:
            yield finding_at(
                trace,
                RULE,
                "proven",
                index,
                f"{trace.route} answers {status}, and what it wrote is then rolled back",
                SCOPE,
                event.session,
            )
