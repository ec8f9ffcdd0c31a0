"""A session that nobody closes when its request is cancelled."""

from __future__ import annotations

from collections.abc import Iterator

from ....findings import Finding
from ....traces import Trace
from ..registry import detects
from ..unreturned import unreturned_findings

RULE = "session/close-on-cancel"


@detects(RULE, Trace)
def kept_by_the_cancelled(trace: Trace) -> Iterator[Finding]:
    """Find connections that are out when a request has been cancelled."""
    advice = "close the session by async with: except Exception does not see a cancellation"
    for late in (False, True):
        yield from unreturned_findings(trace, RULE, advice, late=late, cancelled=True)
