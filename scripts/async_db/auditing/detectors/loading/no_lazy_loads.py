"""Relationships that load themselves when they are read, which async code cannot."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from async_db.auditing.detectors.registry import detects
from async_db.auditing.service import Service, keyword, literal
from async_db.findings import Finding

RULE = "loading/no-lazy-loads"


@detects(RULE)
def lazy(service: Service) -> Iterator[Finding]:
    """Find relationships that are lazy, in a service that has async sessions."""
    if not service.is_async:
        return
    names = ("sqlalchemy.orm.relationship", "sqlalchemy.orm.relation", "sqlmodel.Relationship")
    for call in service.library_calls(*names):
        given = _lazy(call.node)
        if given in ("", "select", "True"):
            yield service.finding(
                RULE,
                "review",
                call,
                "reading it where the query did not load it is MissingGreenlet",
                'lazy="raise", and selectinload in the queries that need it',
            )


def _lazy(call: ast.Call) -> str:
    """Give how a relationship loads, as it is written; `other` where it cannot be seen."""
    given = keyword(call, "lazy")
    arguments = keyword(call, "sa_relationship_kwargs")
    if given is None and arguments is not None:
        if not isinstance(arguments, ast.Dict):
            return "other"
        for key, value in zip(arguments.keys, arguments.values, strict=True):
            if key is None or literal(key) == "lazy":
                given = value
    if given is None:
        return ""
    return str(given.value) if isinstance(given, ast.Constant) else "other"
