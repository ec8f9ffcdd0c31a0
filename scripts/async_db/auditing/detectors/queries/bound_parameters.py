"""A value that is put into SQL as text."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from async_db.auditing.detectors.registry import detects
from async_db.auditing.service import Service
from async_db.auditing.sql_texts import formatted_in, is_given, sql_arguments
from async_db.findings import Finding

RULE = "queries/bound-parameters"


@detects(RULE)
def formatted_values(service: Service) -> Iterator[Finding]:
    """Find f-strings, `%`, `+` and `format` that put a value where SQL has a parameter."""
    for call, node, _ in sql_arguments(service):
        for found in formatted_in(service, call, node):
            if found.is_value:
                name = ast.unparse(found.value)
                yield service.finding(
                    RULE,
                    "proven" if is_given(found) else "suspected",
                    call,
                    f"`{name}` becomes part of the SQL itself: a quote in it ends the value, and what "
                    "follows is run",
                    f"bind it: text('... = :{_parameter(found.value)}') and a dictionary, or Core expressions",
                )
                break


def _parameter(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else "value"
