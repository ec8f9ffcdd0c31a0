"""An attribute that is loaded by being read, which async code cannot do."""

from __future__ import annotations

from collections.abc import Iterator

from ....findings import Finding
from ....traces import Trace
from ..attribute_loads import load_findings, refused_load
from ..registry import detects
from ..reporting import finding_at

RULE = "loading/no-lazy-loads"

ADVICE = "load it in the query, such as by selectinload"


@detects(RULE, Trace)
def loaded_by_reading(trace: Trace) -> Iterator[Finding]:
    """Find attributes that are loaded by being read, and that no commit has expired."""
    yield from load_findings(trace, RULE, ADVICE, expired=False)


@detects(RULE, Trace)
def refused_to_load(trace: Trace) -> Iterator[Finding]:
    """Find a relationship that could not be loaded: by ``lazy="raise"``, or without a session."""
    refused = refused_load(trace)
    if refused is not None and not refused.expired:
        yield finding_at(
            trace,
            RULE,
            "proven",
            refused.index,
            f"{trace.route} reads a relationship that its query did not load",
            ADVICE,
        )
