"""Lambdas that are given to what awaits the functions it is given: written as async functions."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from async_db.auditing import Service
from async_db.modernizing.step import Step
from async_db.target import Call, Function, FunctionObject, enclosing_function

_RULE = "migrating/no-sync-left"
_SIMPLE = (ast.Expr, ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Return, ast.Assert)


@dataclass(frozen=True, slots=True)
class Given:
    """A lambda that is an argument of a call.

    Parameters:
        call: that is given it.
        node: the lambda.
        name: of the parameter that it is for.
    """

    call: Call
    node: ast.Lambda
    name: str


def is_writable(service: Service, given: Given) -> bool:
    """Say whether a lambda can be a function before its statement, and awaits nothing itself."""
    function = enclosing_function(given.call.scope)
    if function is None or given.call.inside or function is not given.call.scope:
        return False
    calls = [each for each in ast.walk(given.node.body) if isinstance(each, ast.Call)]
    if any(
        isinstance(service.types.of(each.func, given.call.scope), FunctionObject) for each in calls
    ):
        return False
    statement = _statement(function, given.node)
    if statement is None:
        return False
    line = function.module.text.splitlines()[statement.lineno - 1]
    return not line[: statement.col_offset].strip()


def _statement(function: Function, node: ast.Lambda) -> ast.stmt | None:
    """Give the statement that a lambda stands in, if nothing of it can run before or not at all."""
    for each in ast.walk(function.node):
        if isinstance(each, _SIMPLE) and any(child is node for child in ast.walk(each)):
            return each
    return None


def write_lambdas(step: Step, lambdas: Iterable[Given]) -> None:
    """Write lambdas as async functions before the statements that they stand in.

    Parameters:
        step: the step.
        lambdas: that `is_writable` has said can be; each only once.
    """
    written: Counter[Function | None] = Counter()
    for given in lambdas:
        function = enclosing_function(given.call.scope)
        written[function] += 1
        number = written[function]
        _write(step, given, f"{given.name}_given" + (f"_{number}" if number > 1 else ""))


def _write(step: Step, given: Given, name: str) -> None:
    function = enclosing_function(given.call.scope)
    statement = _statement(function, given.node) if function is not None else None
    if function is None or statement is None:
        return
    module = function.module
    editing = step.editing(module)
    while re.search(rf"\b{name}\b", editing.source(function.node)):
        name += "_"
    body = editing.source(given.node.body)
    margin = " " * statement.col_offset
    returned = f"({body})" if "\n" in body else body
    head = f"async def {name}({ast.unparse(given.node.args)}):"
    start = editing.places.span(statement)[0]
    editing.insert(start, f"{head}\n{margin}    return {returned}\n\n{margin}")
    editing.replace(given.node, name)
    step.changed(module, given.node, "async def", rule=_RULE)
