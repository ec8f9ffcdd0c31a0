"""Decorators that serve plain functions and async ones: what is for the plain ones stays plain."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from async_db.target import Call, Module

_ASKS = frozenset({"iscoroutinefunction", "is_async_callable"})


def plain_calls(module: Module) -> frozenset[Call]:
    """Give the calls of a function that has been asked for being async, where it is not.

    Parameters:
        module: to look in.
    """
    if module.tree is None or not any(each in module.text for each in _ASKS):
        return frozenset()
    places = [
        (name, statement.lineno, statement.end_lineno or statement.lineno)
        for node in ast.walk(module.tree)
        for name, statement in _plain_statements(node)
    ]
    return frozenset(
        call
        for call in module.all_calls
        if isinstance(call.node.func, ast.Name)
        and any(
            call.node.func.id == name and first <= call.node.lineno <= last
            for name, first, last in places
        )
    )


def _plain_statements(node: ast.AST) -> Iterator[tuple[str, ast.stmt]]:
    """Give the statements of a block that run where a function is not async, with its name."""
    for block in ("body", "orelse", "finalbody"):
        statements = getattr(node, block, None)
        if not isinstance(statements, list):
            continue
        for place, statement in enumerate(statements):
            if not isinstance(statement, ast.If):
                continue
            name, negated = _asked(statement.test)
            if not name:
                continue
            plain = statement.body if negated else list(statement.orelse)
            if not negated and isinstance(statement.body[-1], ast.Return | ast.Raise):
                plain += statements[place + 1 :]
            yield from ((name, each) for each in plain)


def _asked(test: ast.expr) -> tuple[str, bool]:
    """Name the function that a condition asks for being async, and say whether for not being so."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        name, negated = _asked(test.operand)
        return name, not negated
    if isinstance(test, ast.Call) and test.args and isinstance(test.args[0], ast.Name):
        asks = getattr(test.func, "attr", getattr(test.func, "id", ""))
        return (test.args[0].id, False) if asks in _ASKS else ("", False)
    return "", False
