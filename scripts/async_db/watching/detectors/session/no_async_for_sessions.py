"""A session that nobody closes while a request is served."""

from __future__ import annotations

from collections.abc import Iterator

from ....findings import Finding
from ....traces import Trace
from ..registry import detects
from ..unreturned import unreturned_findings

RULE = "session/no-async-for-sessions"


@detects(RULE, Trace)
def taken_and_kept(trace: Trace) -> Iterator[Finding]:
    """Find connections that the operation took and that are out when the request has ended."""
    advice = "close every session in a dependency's own exit code or an async with block"
    yield from unreturned_findings(trace, RULE, advice, late=False)
