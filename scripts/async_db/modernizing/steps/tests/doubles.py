"""What tests put in the place of functions: where those are async now, the doubles are awaited too."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from async_db.modernizing.step import Step
from async_db.target import (
    Call,
    Class,
    ClassObject,
    Function,
    FunctionObject,
    Instance,
    Module,
    ModuleObject,
    Type,
)

_RULE = "testing/override-and-restore"
_MOCKS = ("unittest.mock.MagicMock", "unittest.mock.Mock")


def doubles(step: Step) -> None:
    """Have doubles of async functions be awaited, and those of sessions be sessions."""
    for call in step.service.calls.named("setattr"):
        if call.scope.module.is_test and len(call.node.args) >= 2:
            _replaced(step, call)
    for call in [*step.service.calls.named("MagicMock"), *step.service.calls.named("Mock")]:
        if call.scope.module.is_test and step.service.library_name(call) in _MOCKS:
            _session(step, call)


def _replaced(step: Step, call: Call) -> None:
    """`monkeypatch.setattr(module, "name", double)`, or with the dotted name of the function."""
    *target, double = call.node.args[:3]
    function = _function(step, call, target)
    if function is None or not function.is_async or function.is_generator:
        return
    module = call.scope.module
    of = step.service.types.of(double, call.scope)
    if isinstance(of, FunctionObject) and of.function.is_async:
        return
    if isinstance(double, ast.Call) and getattr(double.func, "id", "") == "AsyncMock":
        return
    # It calls what it is given, whatever that is, and the answer is awaited.
    step.editing(module).wrap(double, "AsyncMock(side_effect=", ")")
    step.add_import(module, "unittest.mock", "AsyncMock")
    step.changed(module, call.node, "double", rule=_RULE)


def _function(step: Step, call: Call, target: list[ast.expr]) -> Function | None:
    """Give the function that is replaced."""
    if (
        len(target) == 2
        and isinstance(target[1], ast.Constant)
        and isinstance(target[1].value, str)
    ):
        holder = step.service.types.of(target[0], call.scope)
        return _member(step, holder, target[1].value)
    if (
        len(target) == 1
        and isinstance(target[0], ast.Constant)
        and isinstance(target[0].value, str)
    ):
        return _dotted(step, call.scope.module, target[0].value)
    return None


def _member(step: Step, holder: Type | None, name: str) -> Function | None:
    match holder:
        case ModuleObject(module=Module()) | ClassObject() | Instance(of=Class()):
            found = step.service.types.attribute(holder, name)
            return found.function if isinstance(found, FunctionObject) else None
    return None


def _dotted(step: Step, importer: Module, dotted: str) -> Function | None:
    """Find `package.module.name` or `package.module.Class.name`."""
    for path, rest in _splits(dotted):
        module = step.project.index.find(path, importer)
        if module is None:
            continue
        holder: Type | None = ModuleObject(module, importer)
        for name in rest[:-1]:
            holder = step.service.types.attribute(holder, name)
        return _member(step, holder, rest[-1])
    return None


def _splits(dotted: str) -> Iterator[tuple[str, list[str]]]:
    parts = dotted.split(".")
    for place in range(len(parts) - 1, 0, -1):
        yield ".".join(parts[:place]), parts[place:]


def _session(step: Step, call: Call) -> None:
    """A mock without a form, passed for a session, gets the form of one: it knows what is awaited."""
    if call.node.args or call.node.keywords or not isinstance(call.node.func, ast.Name):
        return
    module = call.scope.module
    editing = step.editing(module)
    statement = editing.parent(call.node)
    if not isinstance(statement, ast.Assign) or not isinstance(statement.targets[0], ast.Name):
        return
    name = statement.targets[0].id
    if _is_passed_as_session(step, call, name):
        end = editing.places.span(call.node)[1] - 1
        editing.insert(end, "spec=AsyncSession")
        step.add_import(module, "sqlalchemy.ext.asyncio", "AsyncSession")
        step.changed(module, call.node, "double", rule=_RULE)


def _is_passed_as_session(step: Step, call: Call, name: str) -> bool:
    service = step.service
    for each in call.scope.calls:
        for number, given in enumerate(each.node.args):
            if isinstance(given, ast.Name) and given.id == name:
                for callee in service.calls.callees(each):
                    parameters = [
                        one for one in callee.function.parameters if one.arg not in ("self", "cls")
                    ]
                    if number < len(parameters) and service.sessions.is_session(
                        service.types.of_name(callee.function, parameters[number].arg)
                    ):
                        return True
        for keyword in each.node.keywords:
            if isinstance(keyword.value, ast.Name) and keyword.value.id == name and keyword.arg:
                for callee in service.calls.callees(each):
                    if keyword.arg in callee.function.bindings and service.sessions.is_session(
                        service.types.of_name(callee.function, keyword.arg)
                    ):
                        return True
    return False
