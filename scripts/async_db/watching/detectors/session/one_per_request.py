"""A session that outlives its request."""

from __future__ import annotations

from collections.abc import Iterator

from ....findings import Finding
from ....traces import Trace
from ..registry import detects
from ..reporting import finding_at

RULE = "session/one-per-request"


@detects(RULE, Trace)
def shared_between_requests(trace: Trace) -> Iterator[Finding]:
    """Find a session that an earlier request used too."""
    for session, place in trace.shared:
        index = next((i for i, e in enumerate(trace.events) if e.session == session), 0)
        yield finding_at(
            trace,
            RULE,
            "proven",
            index,
            f"{trace.route} uses a session that another request has used",
            "make a session for each request, in a dependency",
            session,
            place,
        )
