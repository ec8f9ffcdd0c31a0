"""An attribute that is loaded by being read, which async code cannot do."""

from __future__ import annotations

from collections.abc import Iterator

from ....findings import Finding
from ....traces import Trace
from ..attribute_loads import Cause, load_findings, refused_load
from ..registry import detects
from ..reporting import finding_at

RULE = "loading/no-lazy-loads"

ADVICE = "load it in the query, such as by selectinload"

BY_CAUSE: dict[Cause, str] = {
    "relationship": "load it in the query: selectinload({name})",
    "refused": "load it in the query: selectinload({name})",
    "deferred": "load it in the query: undefer({name})",
    "polymorphic": "load it in the query of the base: selectin_polymorphic(..., [{owner}])",
    "rollback": "rollback() expires all that was loaded, whatever expire_on_commit says: read "
    "{attribute} before it, or load the {owner} again after it",
    "savepoint": "a savepoint that rolls back expires what was changed in it: read {attribute} "
    "before, or refresh the {owner} after it",
    "expire": "refresh the {owner} where it is expired, or do not expire it",
}


@detects(RULE, Trace)
def loaded_by_reading(trace: Trace) -> Iterator[Finding]:
    """Find attributes that are loaded by being read, and that neither commit nor write has expired."""
    yield from load_findings(trace, RULE, BY_CAUSE)


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
