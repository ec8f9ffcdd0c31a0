"""A query for each row."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ....findings import Finding
from ....traces import Trace
from ..registry import detects
from ..reporting import finding_at
from ..whose_line import by_a_test

RULE = "loading/no-n-plus-one"

MANY_LOADS = 3  # of one relationship in one request

MANY_QUERIES = 5  # of the same text from the same line: fewer may well be different questions

QUERY = re.compile(r"\s*(select|with)\b", re.IGNORECASE)

PAGE = re.compile(r"\border by\b.*\blimit\b", re.IGNORECASE | re.DOTALL)


@detects(RULE, Trace)
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
        asked = "the same" if questions == 1 else f"only {questions} different"
        yield finding_at(
            trace,
            RULE,
            "proven" if loaded else "review" if same else "suspected",
            indexes[-1],
            f"{trace.route} sends {what} {len(indexes)} times"
            f"{f', with {asked} parameters' if same else ''}",
            "ask once for each and keep the answer"
            if same
            else "load all of it in one query, by selectinload or an IN of the keys",
            last.session,
        )


def _repeated(trace: Trace) -> Iterable[list[int]]:
    """Give the indexes of the queries that are the same, from one line and in one unit of work."""
    taken: dict[int | None, int] = {}
    found: dict[tuple[object, ...], list[int]] = {}
    for index, event in enumerate(trace.events):
        if event.kind == "checkout":
            taken[event.connection] = index
        if event.kind != "statement" or event.writes or by_a_test(trace, event):
            continue
        if QUERY.match(event.detail) and not PAGE.search(event.detail):
            unit = event.session or ("checkout", taken.get(event.connection))
            found.setdefault((unit, event.detail, event.source), []).append(index)
    return found.values()
