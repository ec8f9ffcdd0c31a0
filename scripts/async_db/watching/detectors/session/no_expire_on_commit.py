"""An attribute that a commit has expired, and that is read afterwards."""

from __future__ import annotations

from collections.abc import Iterator

from ....findings import Finding
from ....traces import Trace
from ..attribute_loads import load_findings, refused_load
from ..registry import detects
from ..reporting import finding_at

RULE = "session/no-expire-on-commit"

ADVICE = "make the factory with expire_on_commit=False"


@detects(RULE, Trace)
def loaded_again(trace: Trace) -> Iterator[Finding]:
    """Find attributes that are loaded by being read, because a commit has expired them."""
    yield from load_findings(trace, RULE, {"commit": ADVICE})


@detects(RULE, Trace)
def refused_to_refresh(trace: Trace) -> Iterator[Finding]:
    """Find what a commit has expired and what could not be loaded without a session."""
    refused = refused_load(trace)
    if refused is not None and refused.expired:
        yield finding_at(
            trace,
            RULE,
            "proven",
            refused.index,
            f"{trace.route} reads what a commit has expired, and the session is closed",
            ADVICE,
        )
