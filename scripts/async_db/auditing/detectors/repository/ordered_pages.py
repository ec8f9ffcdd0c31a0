"""A page of rows that nothing puts in order."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from async_db.auditing.detectors.registry import detects
from async_db.auditing.service import Service
from async_db.auditing.statements import chain_of
from async_db.findings import Finding

RULE = "repository/ordered-pages"


@detects(RULE)
def unordered(service: Service) -> Iterator[Finding]:
    """Find `select(...)…limit(n)` in one expression, without `order_by` in it."""
    for call in service.calls_named("limit"):
        steps, root = chain_of(service, call)
        if root not in ("sqlalchemy.select", "sqlmodel.select") or "order_by" in steps:
            continue
        first = call.node.args[0] if call.node.args else None
        if isinstance(first, ast.Constant) and first.value in (0, 1):
            continue  # whether there is any
        yield service.finding(
            RULE,
            "suspected",
            call,
            "a page without `order_by`: PostgreSQL may give the same row on two pages, and another on none",
            "order_by what is unique, such as the primary key",
        )
