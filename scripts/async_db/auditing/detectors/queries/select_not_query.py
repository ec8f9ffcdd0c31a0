"""The 1.x query interface, which async sessions do not have."""

from __future__ import annotations

from collections.abc import Iterator

from async_db.auditing.detectors.registry import detects
from async_db.auditing.service import Service
from async_db.auditing.sessions import within
from async_db.findings import Finding
from async_db.target import LibraryObject

RULE = "queries/select-not-query"


@detects(RULE)
def queries(service: Service) -> Iterator[Finding]:
    """Find `session.query`, of an async session and of a sync one, and dynamic relationships."""
    for call in service.calls_named("query"):
        called = service.calls.called(call)
        if not isinstance(called, LibraryObject) or called.bound_to is None:
            continue
        kind = service.sessions.kind(called.bound_to)
        if kind == "async":
            yield service.finding(
                RULE,
                "proven",
                call,
                f"{within(call.scope)} asks an async session for `query`, which it does not have",
                "await session.scalars(select(...))",
            )
        elif kind == "sync":
            yield service.finding(
                RULE,
                "review",
                call,
                f"{within(call.scope)} uses `query`, which goes when this moves to an async session",
                "select(...), which both kinds of session run",
            )
    for call in service.library_calls("sqlalchemy.orm.relationship"):
        if service.is_async and any(
            each.arg == "lazy" and getattr(each.value, "value", None) in ("dynamic", True)
            for each in call.node.keywords
        ):
            yield service.finding(
                RULE,
                "suspected",
                call,
                'lazy="dynamic" gives a 1.x query, which no async session can run',
                "a select of its own where the rows are needed",
            )
