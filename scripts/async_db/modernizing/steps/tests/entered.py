"""Doubles of sessions, and of what gives sessions, are entered by `async with` now."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from async_db.modernizing.step import Step
from async_db.modernizing.steps.database.names import RENAMED
from async_db.modernizing.steps.tests.doubles import held
from async_db.modernizing.steps.tests.mocks import patched_name, plain_results
from async_db.target import (
    Call,
    Function,
    FunctionObject,
    Instance,
    LibraryObject,
    Module,
    ModuleObject,
    Type,
    libraries,
)

_RULE = "testing/real-database"
_BECAME = {old.rpartition(".")[2]: new for old, (_, new) in RENAMED.items()}
_SESSIONS = {
    libraries.ASYNC_SESSION: "sqlalchemy.ext.asyncio",
    libraries.SQLMODEL_ASYNC_SESSION: "sqlmodel.ext.asyncio.session",
}
"""The classes of sessions, and the modules that they are imported from."""
_MANAGERS = {"__enter__": "__aenter__", "__exit__": "__aexit__"}


def entered(step: Step) -> None:
    """Have what stands in for a session, for a factory or for a manager of one be entered so."""
    done: set[ast.AST] = set()
    for name in ("patch", "object", "setattr"):
        for call in step.service.calls.named(name):
            if call.scope.module.is_test:
                _replaced(step, call, done)


def _replaced(step: Step, call: Call, done: set[ast.AST]) -> None:
    node = next((e for e in call.node.args[:2] if _is_text(e)), None)
    if not isinstance(node, ast.Constant):
        return
    holder, name = held(step, call, node)
    if not isinstance(holder, ModuleObject) or not isinstance(holder.module, Module):
        return
    became = _BECAME.get(name, "")
    if became in holder.module.bindings and name not in holder.module.bindings:
        editing = step.editing(call.scope.module)
        written = re.sub(rf"\b{name}(?=\W*$)", became, editing.source(node))
        editing.replace(node, written)
        step.changed(call.scope.module, node, "name", rule=_RULE)
        name = became
    source = _source(step, step.service.types.attribute(holder, name))
    if source is None:
        return
    named, function = patched_name(step, call)
    if function is None and isinstance(call.scope, Function):
        function = call.scope
    if function is not None:
        _enter(step, function, set(_stand_ins(call, named)), source, done)


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _source(step: Step, of: Type | None) -> str | None:
    """Give where the class of the sessions that something gives is imported from, if it gives any."""
    match of:
        case LibraryObject(name=name):
            return _SESSIONS.get(name)
        case Instance(of=libraries.ASYNC_SESSIONMAKER, args=args):
            first = args[0] if args else None
            made = first.of if isinstance(first, Instance) else libraries.ASYNC_SESSION
            return _SESSIONS.get(made) if isinstance(made, str) else None
        case FunctionObject(function=function) if function.is_async:
            decorators = step.service.types.decorators(function)
            if any(each.rpartition(".")[2] == "asynccontextmanager" for each in decorators):
                return _SESSIONS[libraries.ASYNC_SESSION]
    return None


def _stand_ins(call: Call, named: str) -> Iterator[str]:
    """Give the names of what is put there, and of what that gives when it is called."""
    if named:
        yield named
    rest = call.node.args[1:] if call.name != "object" else call.node.args[2:]
    given = [*rest, *(e.value for e in call.node.keywords if e.arg in ("new", "return_value"))]
    for each in given:
        made = each.body if isinstance(each, ast.Lambda) else each
        if isinstance(made, ast.Name):
            yield made.id


def _enter(
    step: Step, function: Function, names: set[str], source: str, done: set[ast.AST]
) -> None:
    """Rewrite how a test's doubles are entered; what entering gives is a session."""
    editing = step.editing(function.module)
    nodes = list(ast.walk(function.node))
    assigned = [each for each in nodes if isinstance(each, ast.Assign) and len(each.targets) == 1]
    for each in assigned:
        target = each.targets[0]
        is_part = not isinstance(target, ast.Name) and _root(target) in names
        if is_part and isinstance(each.value, ast.Name):
            names.add(each.value.id)
    for node in nodes:
        if not isinstance(node, ast.Attribute) or node in done:
            continue
        if node.attr in _MANAGERS and _root(node) in names:
            done.add(node)
            end = editing.places.span(node)[1]
            editing.replace_range(end - len(node.attr), end, _MANAGERS[node.attr])
            step.changed(function.module, node, "double", rule=_RULE)
    given = {
        each.value.id
        for each in assigned
        if isinstance(each.value, ast.Name)
        and _root(each.targets[0]) in names
        and "__enter__.return_value" in ast.unparse(each.targets[0])
    }
    for name in sorted(given):
        _session(step, function, name, source, done)


def _session(step: Step, function: Function, name: str, source: str, done: set[ast.AST]) -> None:
    """Have a mock that is entered as a session know what of it is awaited."""
    values = [each.value for each in function.bindings.get(name, ())]
    made = values[0] if len(values) == 1 else None
    if not isinstance(made, ast.Call) or made.args or made.keywords or made in done:
        return
    if getattr(made.func, "id", "") not in ("MagicMock", "Mock"):
        return
    done.add(made)
    editing = step.editing(function.module)
    if getattr(made.func, "id", "") == "Mock":
        editing.replace(made.func, "MagicMock")
        step.add_import(function.module, "unittest.mock", "MagicMock")
    editing.insert(editing.places.span(made)[1] - 1, "spec=AsyncSession")
    step.add_import(function.module, source, "AsyncSession")
    step.changed(function.module, made, "double", rule=_RULE)
    plain_results(step, function, name)


def _root(node: ast.expr) -> str:
    """Give the name that a chain of attributes and calls begins with."""
    current = node
    while isinstance(current, ast.Attribute | ast.Call | ast.Subscript):
        current = current.func if isinstance(current, ast.Call) else current.value
    return current.id if isinstance(current, ast.Name) else ""
