"""What is loaded by being read, and what is asked for again and again."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from async_db.findings import Finding
from async_db.traces import Event, Kind, Trace
from async_db.watching.detectors.reporting import finding_at

MANY_LOADS = 3  # of one relationship in one request

MANY_QUERIES = 5  # of the same text from the same line: fewer may well be different questions

RAISED_LOAD = "is not available due to lazy='raise"

# What may come between the reading of an attribute and the statement that loads it.
BEFORE_A_STATEMENT: frozenset[Kind] = frozenset(
    {"load", "session", "connect", "wait", "checkout", "unit.begin", "begin", "flush"}
)

QUERY = re.compile(r"\s*(select|with)\b", re.IGNORECASE)

PAGE = re.compile(r"\border by\b.*\blimit\b", re.IGNORECASE | re.DOTALL)


def loaded_by_reading(trace: Trace) -> Iterator[Finding]:
    """Find attributes that are loaded by being read, which async code cannot do."""
    told: set[tuple[str, str]] = set()
    for index, event in enumerate(trace.events):
        if event.kind != "load" or event.session in trace.foreign:
            continue
        statement = _statement_after(trace.events[index + 1 :])
        sent = statement is not None
        committed = any(
            e.kind == "unit.commit" and e.session == event.session for e in trace.events[:index]
        )
        expired = event.detail.startswith("expired") and committed
        explicit = statement is not None and not statement.sync
        if explicit or (event.detail, event.source) in told:
            continue  # asked for by awaitable_attrs or run_sync, or said already
        told.add((event.detail, event.source))
        yield finding_at(
            trace,
            "session/no-expire-on-commit" if expired else "loading/no-lazy-loads",
            "review" if sent else "proven",
            index,
            f"{trace.route} loads {event.detail} by reading an attribute"
            f"{', which fails once the session is async' if sent else ', and fails'}",
            "make the factory with expire_on_commit=False"
            if expired
            else "load it in the query, such as by selectinload",
            event.session,
        )


def refused_to_load(trace: Trace) -> Iterator[Finding]:
    """Find attributes that could not be loaded: by ``lazy="raise"``, or with no session left."""
    for index, event in enumerate(trace.events):
        if event.kind != "error":
            continue
        if "attribute refresh operation cannot proceed" in event.detail:
            yield finding_at(
                trace,
                "session/no-expire-on-commit",
                "proven",
                index,
                f"{trace.route} reads what a commit has expired, and the session is closed",
                "make the factory with expire_on_commit=False",
            )
            return
        if "lazy load operation of attribute" in event.detail or RAISED_LOAD in event.detail:
            yield finding_at(
                trace,
                "loading/no-lazy-loads",
                "proven",
                index,
                f"{trace.route} reads a relationship that its query did not load",
                "load it in the query, such as by selectinload",
            )
            return


def repeated_statement(trace: Trace) -> Iterator[Finding]:
    """Find a query that is sent again and again in one unit of work: one for each row, it seems."""
    for indexes in _repeated(trace):
        last = trace.events[indexes[-1]]
        before = trace.events[indexes[-1] - 1] if indexes[-1] else None
        loaded = before.detail if before is not None and before.kind == "load" else ""
        if len(indexes) < (MANY_LOADS if loaded else MANY_QUERIES):
            continue
        questions = len({trace.events[index].asked for index in indexes})
        same = not loaded and questions < MANY_QUERIES
        what = f"a query for {loaded}" if loaded else "one query"
        yield finding_at(
            trace,
            "loading/no-n-plus-one",
            "proven" if loaded else "review" if same else "suspected",
            indexes[-1],
            f"{trace.route} sends {what} {len(indexes)} times"
            f"{', with the same parameters' if same else ''}",
            "ask once and keep the answer"
            if same
            else "load all of it in one query, by selectinload or an IN of the keys",
            last.session,
        )


def _statement_after(events: tuple[Event, ...]) -> Event | None:
    """Give the statement that these events begin with, if it was executed."""
    for index, event in enumerate(events):
        if event.kind == "statement":
            later = (e.kind for e in events[index + 1 :] if e.connection == event.connection)
            return event if next(later, "executed") == "executed" else None
        if event.kind not in BEFORE_A_STATEMENT:
            return None
    return None


def _repeated(trace: Trace) -> Iterable[list[int]]:
    """Give the indexes of the queries that are the same, from one line and in one unit of work."""
    taken: dict[int | None, int] = {}
    found: dict[tuple[object, ...], list[int]] = {}
    for index, event in enumerate(trace.events):
        if event.kind == "checkout":
            taken[event.connection] = index
        if event.kind != "statement" or event.writes or event.session in trace.foreign:
            continue
        if QUERY.match(event.detail) and not PAGE.search(event.detail):
            unit = event.session or ("checkout", taken.get(event.connection))
            found.setdefault((unit, event.detail, event.source), []).append(index)
    return found.values()
