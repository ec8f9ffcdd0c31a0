"""`inspect(engine)`: an inspector reads by a sync connection, so that it works inside of `run_sync`."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from async_db.modernizing.editing import Editing
from async_db.modernizing.step import Step
from async_db.modernizing.steps.propagation import inspected_by, is_migration, sync_inside
from async_db.target import Call, Function, Module, enclosing_function

_RULE = "migrating/no-sync-left"
_LEFT = "inspect and ask within `await connection.run_sync(lambda sync: inspect(sync)…)`"
_SIMPLE = (ast.Expr, ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Return, ast.Assert)
_SYNC, _FOUND = "sync", "found"


@dataclass(frozen=True, slots=True)
class _Asked:
    """What an inspector is asked.

    Parameters:
        node: the call of its method.
        inspector: the inspector in it.
        statement: that it stands in.
        as_test: whether that is a condition, which is asked before.
    """

    node: ast.Call
    inspector: ast.expr
    statement: ast.stmt
    as_test: bool


def inspecting(step: Step) -> None:
    """Ask inspectors inside of `run_sync`, by a connection of the async engine."""
    inside = sync_inside(step.service)
    for call in step.service.project.calls.named("inspect"):
        kind = inspected_by(call, step.service.types)
        if not kind or is_migration(call.scope.module) or call.inside == "lambda":
            continue
        function = enclosing_function(call.scope)
        if function in inside:
            continue
        moved = function is not None and function.is_async
        if function is None or not moved or not _write(step, function, call, kind):
            step.withhold(call.scope.module, call.node, _RULE, _LEFT)


def _write(step: Step, function: Function, call: Call, kind: str) -> bool:
    """Write what is needed; say whether all that is asked could be told."""
    module = function.module
    editing = step.editing(module)
    holder = editing.parent(call.node)
    given = call.node.args[0]
    if len(call.node.args) != 1 or call.node.keywords:
        return False
    if isinstance(holder, ast.Assign) and isinstance(holder.targets[0], ast.Name):
        asked = _by_name(editing, function, holder.targets[0].id)
    else:
        found = _asked(editing, call.node)
        asked = [found] if found is not None else None
    if not asked or (kind == "engine" and any(_is_taken(each, module) for each in asked)):
        return False
    for each in asked:
        _one(editing, call, given, kind, each)
        step.changed(module, each.node, "run_sync", rule=_RULE)
    if isinstance(holder, ast.Assign):
        editing.delete_statement(holder)
    return True


def _is_taken(asked: _Asked, module: Module) -> bool:
    return asked.as_test and any(
        _FOUND in each.bindings for each in (module, *module.all_functions)
    )


def _by_name(editing: Editing, function: Function, name: str) -> list[_Asked] | None:
    """Give what an inspector is asked that a name holds; None, if it is used otherwise too."""
    asked: list[_Asked] = []
    if len(function.bindings.get(name, ())) != 1:
        return None
    for node in ast.walk(function.node):
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load):
            found = _asked(editing, node)
            if found is None:
                return None
            asked.append(found)
    statements = [each.statement for each in asked]
    return asked if len(set(statements)) == len(statements) else None


def _asked(editing: Editing, inspector: ast.expr) -> _Asked | None:
    attribute = editing.parent(inspector)
    node = editing.parent(attribute) if isinstance(attribute, ast.Attribute) else None
    if not isinstance(node, ast.Call) or node.func is not attribute:
        return None
    statement = editing.statement(node)
    current: ast.AST | None = node
    while current is not None and current is not statement:
        if isinstance(current, ast.GeneratorExp | ast.Lambda | ast.BoolOp | ast.IfExp):
            return None
        current = editing.parent(current)
    if isinstance(statement, _SIMPLE) and statement.lineno == statement.end_lineno:
        return _Asked(node, inspector, statement, as_test=False)
    if isinstance(statement, ast.If) and _comes_first(statement.test, node):
        start = editing.places.span(statement)[0]
        if editing.places.text.startswith("if", start):
            return _Asked(node, inspector, statement, as_test=True)
    return None


def _comes_first(test: ast.expr, node: ast.Call) -> bool:
    """Say whether nothing else is evaluated before a part of a condition."""
    while isinstance(test, ast.UnaryOp):
        test = test.operand
    if isinstance(test, ast.Compare):
        behind_constant = isinstance(test.left, ast.Constant) and test.comparators[0] is node
        return test.left is node or behind_constant
    return test is node


def _one(editing: Editing, call: Call, given: ast.expr, kind: str, asked: _Asked) -> None:
    source = editing.source
    rest = source(asked.node)[len(source(asked.inspector)) :]
    name = source(call.node.func)
    if kind == "engine":
        text = f"await connection.run_sync(lambda {_SYNC}: {name}({_SYNC}){rest})"
        opening = f"async with {source(given)}.connect() as connection:"
        margin = " " * asked.statement.col_offset
        start = editing.places.span(asked.statement)[0]
        if asked.as_test:
            editing.insert(start, f"{opening}\n{margin}    {_FOUND} = {text}\n{margin}")
            editing.replace(asked.node, _FOUND)
            return
        editing.insert(start, f"{opening}\n{margin}    ")
    else:
        by, inner = _inside(editing, given, kind)
        text = f"await {by}.run_sync(lambda {_SYNC}: {name}({inner}){rest})"
    parent = editing.parent(asked.node)
    used = isinstance(parent, ast.Attribute | ast.Subscript) and parent.value is asked.node
    editing.replace(asked.node, f"({text})" if used else text)


def _inside(editing: Editing, given: ast.expr, kind: str) -> tuple[str, str]:
    """Give what has `run_sync`, and what is inspected inside of it."""
    if kind == "connection":
        return editing.source(given), _SYNC
    inner = given.value if isinstance(given, ast.Await) else given
    of = inner.func if isinstance(inner, ast.Call) else inner
    session = of.value if isinstance(of, ast.Attribute) else of
    by = editing.source(session)
    return by, _SYNC + editing.source(inner)[len(by) :]
