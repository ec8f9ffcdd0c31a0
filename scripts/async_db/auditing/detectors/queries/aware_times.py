"""A time without a zone for a column that has one."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from async_db.auditing.detectors.registry import detects
from async_db.auditing.service import Service, keyword
from async_db.findings import Finding, Grade
from async_db.target import Call, LibraryObject, Scope

RULE = "queries/aware-times"
_COLUMNS = ("sqlalchemy.orm.mapped_column", "sqlalchemy.Column", "sqlmodel.Field")
_DEFAULTS = ("default", "onupdate", "default_factory")
_TIME = "datetime.datetime"
_NAIVE = {f"{_TIME}.{name}" for name in ("utcnow", "now", "today", "utcfromtimestamp")}
_ADVICE = "datetime.now(UTC)"


@detects(RULE, hidden="the scaffold's columns are aware by a name for their type")
def naive_defaults(service: Service) -> Iterator[Finding]:
    """Find columns with a zone that get a time without one where nothing else is given."""
    for call in service.library_calls(*_COLUMNS):
        if not _has_zone(call.node):
            continue
        for name in _DEFAULTS:
            given = keyword(call.node, name)
            made = given.body if isinstance(given, ast.Lambda) else given
            if made is not None and _makes_naive(service, made, call.scope):
                yield _told(service, "proven", call, ast.unparse(made))


@detects(RULE)
def naive_values(service: Service) -> Iterator[Finding]:
    """Find times that are made without a zone and compared with such a column, or stored in it."""
    aware = frozenset(_aware_columns(service))
    if not aware:
        return
    for call in service.calls_named("utcnow", "now", "today", "utcfromtimestamp", "replace"):
        if _is_naive(service, call.node, call.scope) and _meets(service, call) & aware:
            yield _told(service, "suspected", call, ast.unparse(call.node))


def _told(service: Service, grade: Grade, call: Call, made: str) -> Finding:
    return service.finding(
        RULE,
        grade,
        call,
        f"`{made}` has no zone, and the column has one: asyncpg takes it for a time of the "
        "process's zone, psycopg of the server session's",
        _ADVICE,
    )


def _has_zone(call: ast.Call) -> bool:
    """Say whether a column's type is said in place, with `timezone=True`."""
    given = [*call.args, *(each.value for each in call.keywords)]
    types = [each for each in given if isinstance(each, ast.Call)]
    zones = [keyword(each, "timezone") for each in types]
    return any(isinstance(zone, ast.Constant) and zone.value is True for zone in zones)


def _aware_columns(service: Service) -> Iterator[str]:
    """Give the names of attributes that are columns with a zone, and in no class without one."""
    with_zone: set[str] = set()
    without: set[str] = set()
    for module in service.modules:
        for each in module.all_classes:
            for name, bindings in each.bindings.items():
                for binding in bindings:
                    if isinstance(binding.value, ast.Call):
                        found = with_zone if _has_zone(binding.value) else without
                        found.add(name)
    yield from with_zone - without


def _makes_naive(service: Service, node: ast.expr, scope: Scope) -> bool:
    """Say whether a default is a function that gives naive times, or a call that gave one."""
    if isinstance(node, ast.Call):
        return _is_naive(service, node, scope)
    of = service.types.of(node, scope)
    return isinstance(of, LibraryObject) and of.name in _NAIVE


def _is_naive(service: Service, node: ast.Call, scope: Scope) -> bool:
    if isinstance(node.func, ast.Attribute) and node.func.attr == "replace":
        zone = keyword(node, "tzinfo")
        return isinstance(zone, ast.Constant) and zone.value is None
    of = service.types.of(node.func, scope)
    name = of.name if isinstance(of, LibraryObject) else ""
    takes_zone = not name.endswith((".utcnow", ".utcfromtimestamp", ".today"))
    return name in _NAIVE and not (takes_zone and (node.args or node.keywords))


def _meets(service: Service, call: Call) -> set[str]:
    """Give the names of what a value is compared with, set to, or passed as."""
    inner: ast.AST = call.node
    for around in service.within_function(call.node, call.scope.module):
        match around:
            case ast.BinOp():
                pass  # an hour ago
            case ast.Attribute() | ast.Call(func=ast.Attribute(attr="replace")):
                return set()  # made into something else
            case ast.keyword(arg=str(name)):
                return {name}
            case ast.Compare(left=left, comparators=others):
                sides = [each for each in (left, *others) if each is not inner]
                return {each.attr for each in sides if isinstance(each, ast.Attribute)}
            case ast.Assign(targets=targets):
                return {each.attr for each in targets if isinstance(each, ast.Attribute)}
            case _:
                return set()
        inner = around
    return set()
