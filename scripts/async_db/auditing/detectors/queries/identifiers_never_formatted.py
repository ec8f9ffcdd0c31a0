"""A name of a column, a table or a direction that is put into SQL as text."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from async_db.auditing.detectors.registry import detects
from async_db.auditing.service import Service
from async_db.auditing.sql_texts import formatted_in, is_text, sql_arguments
from async_db.findings import Finding
from async_db.target import Call, Function, enclosing_function

RULE = "queries/identifiers-never-formatted"
_ADVICE = "map what a client may ask for to columns: ORDERINGS[sort], with a Literal as its type"


@detects(RULE)
def formatted_identifiers(service: Service) -> Iterator[Finding]:
    """Find SQL that is what a client sends, or has it in a place where no parameter can be."""
    for call, node, name in sql_arguments(service):
        if is_text(name) and isinstance(node, ast.Name):
            function = enclosing_function(call.scope)
            if function is not None and _is_argument(function, node.id):
                sent = function in service.web.route_functions
                yield service.finding(
                    RULE,
                    "proven" if sent else "suspected",
                    call,
                    f"`{node.id}` is run as SQL, whatever it is",
                    _ADVICE,
                )
            continue
        for found in formatted_in(service, call, node):
            if not found.is_value and "search_path" not in found.before.lower():
                yield service.finding(
                    RULE,
                    "proven" if _is_sent(service, call, found.value) else "suspected",
                    call,
                    f"`{ast.unparse(found.value)}` becomes part of the SQL itself, where no parameter "
                    "can be bound",
                    _ADVICE,
                )
                break


def _is_argument(function: Function, name: str) -> bool:
    bindings = function.bindings.get(name, ())
    return bool(bindings) and all(each.kind == "parameter" for each in bindings)


def _is_sent(service: Service, call: Call, value: ast.expr) -> bool:
    """Say whether a value is a text parameter of the operation itself."""
    function = enclosing_function(call.scope)
    if function not in service.web.route_functions or not isinstance(value, ast.Name):
        return False
    bindings = function.bindings.get(value.id, ())
    return any(
        each.kind == "parameter"
        and isinstance(each.annotation, ast.Name)
        and each.annotation.id == "str"
        for each in bindings
    )
