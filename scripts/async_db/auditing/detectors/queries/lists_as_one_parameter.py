"""A parameter for each entry of a list that may have any length."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from async_db.auditing.detectors.registry import detects
from async_db.auditing.service import Service
from async_db.auditing.statements import chain_of
from async_db.findings import Finding
from async_db.target import Call, Scope

RULE = "queries/lists-as-one-parameter"
_LIMIT = "asyncpg takes 32,767 parameters in a statement"
_COLLECTIONS = frozenset({"list", "List", "Sequence", "set", "Set"})
_COPIES = frozenset({"list", "set", "tuple", "sorted", "frozenset"})
_BATCHES = ("range", "chunk", "batch", "page")


@detects(RULE)
def rows_in_one_insert(service: Service) -> Iterator[Finding]:
    """Find `insert(…).values(rows)`, where the rows are as many as something else has."""
    for call in service.calls_named("values"):
        if not call.node.args or _is_batched(service, call):
            continue
        _, root = chain_of(service, call)
        start, _, last = root.rpartition(".")
        if last != "insert" or not start.startswith("sqlalchemy"):
            continue
        if _is_open_ended(service, call.node.args[0], call.scope):
            yield service.finding(
                RULE,
                "suspected",
                call,
                f"one statement with the values of all rows: {_LIMIT}",
                "session.execute(insert(Row), rows), which is cut into statements that are not too large",
            )


@detects(RULE)
def any_number_of_values(service: Service) -> Iterator[Finding]:
    """Find `in_(values)` of as many values as something else has."""
    for call in service.calls_named("in_", "not_in", "notin_"):
        if not call.node.args or _is_batched(service, call):
            continue
        if _is_open_ended(service, call.node.args[0], call.scope):
            yield service.finding(
                RULE,
                "review",
                call,
                f"`{call.name}` makes a parameter of each value, and nothing here limits how many "
                f"there are: {_LIMIT}",
                "the condition or subquery that found them, or any_(literal(values, ARRAY(BigInteger)))",
            )


def _is_open_ended(service: Service, node: ast.expr, scope: Scope) -> bool:
    """Say whether a list is as long as a result is, or as a client makes it."""
    match node:
        case ast.ListComp() | ast.SetComp() | ast.GeneratorExp():
            return _is_open_ended(service, node.generators[0].iter, scope)
        case ast.Call(func=ast.Name(id=name), args=[inner, *_]) if name in _COPIES:
            return _is_open_ended(service, inner, scope)
        case ast.Call(func=ast.Attribute(attr="all" | "scalars")):
            return not _is_limited(node, scope)
        case ast.Await():
            return _is_open_ended(service, node.value, scope)
        case ast.Name(id=name):
            bindings = scope.bindings.get(name, ())
            if len(bindings) != 1:
                return False
            if bindings[0].kind == "parameter":
                is_sent = any(route.function is scope for route in service.web.routes)
                return is_sent and _is_collection(bindings[0].annotation)
            value = bindings[0].value
            is_alias = value is None or isinstance(value, ast.Name)
            is_set = bindings[0].kind == "assign" and not is_alias
            return is_set and value is not None and _is_open_ended(service, value, scope)
    return False


def _is_collection(annotation: ast.expr | None) -> bool:
    """Say whether a parameter is told to be a list, and no `Annotated` tells how long it may be."""
    if not isinstance(annotation, ast.Subscript):
        return False
    name = annotation.value
    last = name.attr if isinstance(name, ast.Attribute) else getattr(name, "id", "")
    return last in _COLLECTIONS


def _is_limited(node: ast.expr, scope: Scope) -> bool:
    """Say whether a query has a LIMIT, or the statement that it names."""
    parts = list(ast.walk(node))
    for each in list(parts):
        if isinstance(each, ast.Name):
            values = [found.value for found in scope.bindings.get(each.id, ()) if found.value]
            parts += [part for value in values for part in ast.walk(value)]
    return any(isinstance(each, ast.Attribute) and each.attr == "limit" for each in parts)


def _is_batched(service: Service, call: Call) -> bool:
    """Say whether this runs once for each of several parts."""
    for around in service.within_function(call.node, call.scope.module):
        if isinstance(around, ast.For | ast.AsyncFor):
            shown = ast.unparse(around.iter).lower()
            if any(word in shown for word in _BATCHES):
                return True
    return False
