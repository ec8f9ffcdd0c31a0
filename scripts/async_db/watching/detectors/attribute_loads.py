"""What within a trace was loaded, or could not be loaded, because an attribute was read.

Shared by two rules: which of them is broken depends on whether a commit had expired it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ...findings import Finding
from ...traces import Event, Kind, Trace
from .reporting import finding_at
from .whose_line import by_a_test

RAISED_LOAD = "is not available due to lazy='raise"

# What may come between the reading of an attribute and the statement that loads it.
BEFORE_A_STATEMENT: frozenset[Kind] = frozenset(
    {"load", "session", "connect", "wait", "checkout", "unit.begin", "begin", "flush"}
)


@dataclass(frozen=True, slots=True)
class AttributeLoad:
    """An attribute that was loaded by being read.

    Parameters:
        index: where in the trace.
        expired: whether a commit had expired it.
        sent: whether a statement was sent for it; async code fails instead.
    """

    index: int
    expired: bool
    sent: bool


@dataclass(frozen=True, slots=True)
class RefusedLoad:
    """An attribute that could not be loaded: by ``lazy="raise"``, or with no session left.

    Parameters:
        index: where in the trace.
        expired: whether it is missing because a commit had expired it.
    """

    index: int
    expired: bool


def attribute_loads(trace: Trace) -> Iterator[AttributeLoad]:
    """Tell what was loaded by being read, each attribute once for each line that reads it.

    What ``awaitable_attrs`` or ``run_sync`` asked for is left out.
    """
    told: set[tuple[str, str]] = set()
    for index, event in enumerate(trace.events):
        if event.kind != "load" or by_a_test(trace, event):
            continue
        statement = _statement_after(trace.events[index + 1 :])
        explicit = statement is not None and not statement.sync
        if explicit or (event.detail, event.source) in told:
            continue
        told.add((event.detail, event.source))
        committed = any(
            e.kind == "unit.commit" and e.session == event.session for e in trace.events[:index]
        )
        expired = event.detail.startswith("expired") and committed
        yield AttributeLoad(index, expired, sent=statement is not None)


def load_findings(trace: Trace, rule: str, advice: str, *, expired: bool) -> Iterator[Finding]:
    """Make findings of the attributes that were loaded by being read.

    Parameters:
        trace: the request.
        rule: the rule's name.
        advice: what to do, in one sentence.
        expired: whether it is about those that a commit had expired, or about all others.
    """
    for load in attribute_loads(trace):
        if load.expired is expired:
            event = trace.events[load.index]
            consequence = ", which fails once the session is async" if load.sent else ", and fails"
            yield finding_at(
                trace,
                rule,
                "review" if load.sent else "proven",
                load.index,
                f"{trace.route} loads {event.detail} by reading an attribute{consequence}",
                advice,
                event.session,
            )


def refused_load(trace: Trace) -> RefusedLoad | None:
    """Give the first attribute that could not be loaded, if there is one."""
    for index, event in enumerate(trace.events):
        if event.kind != "error":
            continue
        if "attribute refresh operation cannot proceed" in event.detail:
            return RefusedLoad(index, expired=True)
        if "lazy load operation of attribute" in event.detail or RAISED_LOAD in event.detail:
            return RefusedLoad(index, expired=False)
    return None


def _statement_after(events: tuple[Event, ...]) -> Event | None:
    """Give the statement that these events begin with, if it was executed."""
    for index, event in enumerate(events):
        if event.kind == "statement":
            later = (e.kind for e in events[index + 1 :] if e.connection == event.connection)
            return event if next(later, "executed") == "executed" else None
        if event.kind not in BEFORE_A_STATEMENT:
            return None
    return None
