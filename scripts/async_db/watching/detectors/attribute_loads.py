"""What within a trace was loaded, or could not be loaded, because an attribute was read.

Shared by three rules: which of them is broken depends on why the attribute was not there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from ...findings import Finding, Grade
from ...traces import Event, Kind, Trace
from .reporting import finding_at
from .whose_line import by_a_test

RAISED_LOAD = "is not available due to lazy='raise"

# What may come between the reading of an attribute and the statement that loads it.
BEFORE_A_STATEMENT: frozenset[Kind] = frozenset(
    {"load", "session", "connect", "wait", "checkout", "unit.begin", "begin", "flush"}
)

Cause = Literal[
    "relationship",
    "refused",
    "deferred",
    "polymorphic",
    "column_property",
    "computed",
    "commit",
    "rollback",
    "savepoint",
    "expire",
]
SAID: dict[Cause, str] = {
    "relationship": "relationship {}",
    "refused": "{}, which its query did not load and which is not to be loaded so,",
    "deferred": "the deferred column {}",
    "polymorphic": "{}, a column of a subclass that the query of its base did not load,",
    "column_property": "the column_property {}, which a write has expired,",
    "computed": "{}, which the database has computed in a write,",
    "commit": "{}, which a commit has expired,",
    "rollback": "{}, which a rollback has expired,",
    "savepoint": "{}, which a savepoint that rolled back has expired,",
    "expire": "{}, which was expired",
}


@dataclass(frozen=True, slots=True)
class AttributeLoad:
    """An attribute that was loaded by being read.

    Parameters:
        index: where in the trace.
        name: such as ``Order.items``.
        cause: why it was not there.
        sent: whether a statement was sent for it; async code fails instead.
    """

    index: int
    name: str
    cause: Cause
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
        kind, _, name = event.detail.partition(" ")
        statement = None if kind == "refused" else _statement_after(trace.events[index + 1 :])
        explicit = statement is not None and not statement.sync
        if explicit or (event.detail, event.source) in told:
            continue
        told.add((event.detail, event.source))
        yield AttributeLoad(index, name, _cause(trace, index, kind), sent=statement is not None)


def load_findings(trace: Trace, rule: str, advice: dict[Cause, str]) -> Iterator[Finding]:
    """Make findings of the attributes that were loaded by being read.

    Parameters:
        trace: the request.
        rule: the rule's name.
        advice: for each cause that it is about, what to do, in one sentence; the attribute and its
            class are put in.
    """
    for load in attribute_loads(trace):
        if load.cause not in advice:
            continue
        event = trace.events[load.index]
        consequence = ", which fails once the session is async" if load.sent else ", and fails"
        # Whether a commit expires is up to who has made the session.
        theirs = load.cause == "commit" and event.session in trace.foreign
        grade: Grade = "review" if load.sent or theirs else "proven"
        owner, _, attribute = load.name.rpartition(".")
        yield finding_at(
            trace,
            rule,
            grade,
            load.index,
            f"{trace.route} loads {SAID[load.cause].format(load.name)} by reading it{consequence}"
            f"{'; the session is one that the tests made' if theirs else ''}",
            advice[load.cause].format(name=load.name, owner=owner, attribute=attribute),
            event.session,
        )


def refused_load(trace: Trace) -> RefusedLoad | None:
    """Give the first attribute that could not be loaded, if it is known by the error alone."""
    if any(_says_why(event) for event in trace.events):
        return None
    for index, event in enumerate(trace.events):
        if event.kind != "error":
            continue
        if "attribute refresh operation cannot proceed" in event.detail:
            return RefusedLoad(index, expired=True)
        if "lazy load operation of attribute" in event.detail or RAISED_LOAD in event.detail:
            return RefusedLoad(index, expired=False)
    return None


def _says_why(event: Event) -> bool:
    """Say whether an attribute was read that could not be loaded, and whose cause is known."""
    detached = event.session is None
    return event.kind == "load" and (detached or event.detail.startswith("refused"))


def _cause(trace: Trace, index: int, kind: str) -> Cause:
    match kind:
        case (
            "relationship" | "refused" | "deferred" | "polymorphic" | "column_property" | "computed"
        ):
            return kind
        case _:
            return _expired_by(trace, index, commit_expires=kind == "expired")


def _expired_by(trace: Trace, index: int, *, commit_expires: bool) -> Cause:
    """Tell which of the session's endings before an event has expired what is read there."""
    session = trace.events[index].session
    for event in reversed(trace.events[:index]):
        if event.session != session:
            continue
        match event.kind:
            case "unit.commit" if commit_expires:
                return "commit"
            case "unit.rollback":
                return "rollback"
            case "statement" if event.detail.upper().startswith("ROLLBACK TO"):
                return "savepoint"
    return "expire"


def _statement_after(events: tuple[Event, ...]) -> Event | None:
    """Give the statement that these events begin with, if it was executed."""
    for index, event in enumerate(events):
        if event.kind == "statement":
            later = (e.kind for e in events[index + 1 :] if e.connection == event.connection)
            return event if next(later, "executed") == "executed" else None
        if event.kind not in BEFORE_A_STATEMENT:
            return None
    return None
