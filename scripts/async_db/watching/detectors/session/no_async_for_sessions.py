"""A session that nobody closes while a request is served."""

from __future__ import annotations

from collections.abc import Iterator

from async_db.findings import Finding
from async_db.traces import Trace
from async_db.watching.detectors.registry import detects
from async_db.watching.detectors.reporting import finding_at
from async_db.watching.detectors.unreturned import unreturned_connections

RULE = "session/no-async-for-sessions"


@detects(RULE, Trace)
def taken_and_kept(trace: Trace) -> Iterator[Finding]:
    """Find connections that the operation took and that are out when the request has ended."""
    for index, late in unreturned_connections(trace):
        if not late:
            yield finding_at(
                trace,
                RULE,
                "proven",
                index,
                f"a connection of {trace.route} is still checked out when the request has ended",
                "close every session in a dependency's own exit code or an async with block",
            )
