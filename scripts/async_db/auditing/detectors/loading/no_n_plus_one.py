"""A query for each row of another one."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from async_db.auditing.detectors.registry import detects
from async_db.auditing.service import Service
from async_db.findings import Finding
from async_db.target import enclosing_function

RULE = "loading/no-n-plus-one"
_READS = frozenset({"execute", "scalar", "scalars", "get", "get_one", "refresh"})
_SCHEMA = re.compile(r"(?:Create|Drop|Add|Set)[A-Z]\w+|DDL")
"""What is run once for each table, and reads no rows."""


@detects(RULE)
def query_in_a_loop(service: Service) -> Iterator[Finding]:
    """Find reads by a session inside a loop, that are about what the loop goes over."""
    for use in service.sessions.uses:
        call, module = use.call, use.call.scope.module
        if use.method not in _READS or not service.serves(module) or _is_for_many(call.node):
            continue
        function = enclosing_function(call.scope)
        if function is not None and not function.loops:
            continue
        inner: ast.AST = call.node
        for around in service.within_function(call.node, module):
            if isinstance(around, ast.For | ast.AsyncFor) and inner is not around.iter:
                shared = _names(call.node) & _names(around.target)
                if shared and not _is_batch(around):
                    yield service.finding(
                        RULE,
                        "suspected",
                        call,
                        f"`{use.method}` runs once for each turn of the loop: as many queries as rows",
                        "one query for all, by `in_`, or selectinload in the query of the rows",
                    )
                    break
            inner = around


def _names(node: ast.AST) -> set[str]:
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}


def _is_for_many(call: ast.Call) -> bool:
    """Say whether one run is for many rows by its parameters, or for a table rather than its rows."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    if name != "execute" or not call.args:
        return False
    first = call.args[0]
    ddl = isinstance(first, ast.Call) and _SCHEMA.fullmatch(getattr(first.func, "id", ""))
    return bool(ddl) or (len(call.args) > 1 and not isinstance(call.args[1], ast.Dict))


def _is_batch(loop: ast.For | ast.AsyncFor) -> bool:
    """A loop over ranges, chunks or statements runs as often as is meant."""
    called = loop.iter.func if isinstance(loop.iter, ast.Call) else loop.iter
    name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
    words = ("range", "chunk", "batch", "statement", "stmt", "tables", "sql", "quer")
    return isinstance(loop.iter, ast.Tuple | ast.List) or any(
        word in name.lower() for word in words
    )
