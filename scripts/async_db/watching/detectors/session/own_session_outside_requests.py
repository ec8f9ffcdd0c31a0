"""A session that nobody closes where no request's dependency does it."""

from __future__ import annotations

from collections.abc import Iterator

from ....findings import Finding
from ....traces import Trace
from ..registry import detects
from ..reporting import finding_in
from ..subjects import AbandonedSession
from ..unreturned import unreturned_findings

RULE = "session/own-session-outside-requests"


@detects(RULE, Trace)
def taken_after_the_response(trace: Trace) -> Iterator[Finding]:
    """Find connections that were taken after the response and are out at the request's end."""
    advice = "open a session of its own in an async with block"
    yield from unreturned_findings(trace, RULE, advice, late=True)


@detects(RULE, AbandonedSession)
def collected_at_work(session: AbandonedSession) -> Iterator[Finding]:
    """Find a session that was garbage-collected in the middle of a unit of work."""
    yield finding_in(
        session.place,
        RULE,
        "proven",
        "a session is garbage-collected in the middle of a unit of work",
        "open it in an async with block, which closes it",
        session.test,
    )
