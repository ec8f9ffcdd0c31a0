"""An attribute that is loaded by being read, because a write has left it to be."""

from __future__ import annotations

from collections.abc import Iterator

from ....findings import Finding
from ....traces import Trace
from ..attribute_loads import Cause, load_findings
from ..registry import detects

RULE = "loading/refresh-server-defaults"

BY_CAUSE: dict[Cause, str] = {
    "computed": "fetch it with the write: eager_defaults=True in the mapper of {owner}",
    "column_property": 'eager_defaults does not bring it: await refresh(row, ["{attribute}"]) '
    "after the write",
}


@detects(RULE, Trace)
def left_to_be_loaded(trace: Trace) -> Iterator[Finding]:
    """Find what a write has expired, since only the database knows it, and what is then read."""
    yield from load_findings(trace, RULE, BY_CAUSE)
