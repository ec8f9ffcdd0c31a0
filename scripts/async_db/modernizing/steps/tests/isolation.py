"""Savepoints that tests begin again by a hook: since 2.0 a session does it, when it is told to."""

from __future__ import annotations

import ast

from async_db.modernizing.step import Step
from async_db.target import Call, Function, Module, first_line

_RULE = "testing/transaction-per-test"
_EVENT = "after_transaction_end"
_MODE = 'join_transaction_mode="create_savepoint"'


def isolation(step: Step) -> None:
    """Have sessions of tests join the outer transaction by savepoints of their own.

    A hook cannot await what begins a savepoint. The option does the same, in both worlds.
    """
    if step.options.slices:
        return
    for module in step.project.modules:
        if module.is_test and _EVENT in module.text:
            for function in module.all_functions:
                for hook in function.functions:
                    session = _listens_to(hook)
                    if session:
                        _replace(step, function, hook, session)


def _listens_to(hook: Function) -> str:
    """Give the session's name, of a hook that begins a savepoint again where one ends."""
    for node in hook.node.decorator_list:
        if isinstance(node, ast.Call) and len(node.args) == 2:
            target, event = node.args
            if (
                isinstance(target, ast.Name)
                and isinstance(event, ast.Constant)
                and event.value == _EVENT
                and any(each.name == "begin_nested" for each in hook.calls)
            ):
                return target.id
    return ""


def _replace(step: Step, function: Function, hook: Function, session: str) -> None:
    made = _made(function, session)
    if made is None:
        return
    module = function.module
    editing = step.editing(module)
    if not any(each.arg == "join_transaction_mode" for each in made.keywords):
        end = editing.places.span(made)[1] - 1
        editing.insert(end, f", {_MODE}" if made.args or made.keywords else _MODE)
    editing.delete_statement(hook.node)
    start = editing.places.start_of_line(first_line(hook.node))
    behind = len(editing.places.text[:start].rstrip(" \t\r\n"))
    editing.replace_range(editing.places.next_line(behind), start, "")
    inside = {id(each) for each in ast.walk(hook.node)}
    for call in function.calls:
        if call.name == "begin_nested" and id(call.node) not in inside:
            _without(step, module, function, call, inside)
    step.drop_import(module, "event")
    step.drop_import(module, "listens_for")
    step.changed(module, hook.node, "savepoint", rule=_RULE)


def _made(function: Function, name: str) -> ast.Call | None:
    """Give the call that a function's name is bound to."""
    bound = function.bindings.get(name, [])
    value = bound[0].value if len(bound) == 1 else None
    return value if isinstance(value, ast.Call) else None


def _without(step: Step, module: Module, function: Function, call: Call, inside: set[int]) -> None:
    """Take out the first savepoint, which was begun for the hook, if nothing else uses it."""
    editing = step.editing(module)
    statement = editing.statement(call.node)
    if isinstance(statement, ast.Expr) and statement.value is call.node:
        editing.delete_statement(statement)
        return
    if not isinstance(statement, ast.Assign) or statement.value is not call.node:
        return
    target = statement.targets[0]
    if isinstance(target, ast.Name) and not any(
        isinstance(node, ast.Name) and node.id == target.id and isinstance(node.ctx, ast.Load)
        for node in ast.walk(function.node)
        if id(node) not in inside
    ):
        editing.delete_statement(statement)
