"""Mocks of sessions and of services: they know what is awaited, and what that gives."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from async_db.modernizing.step import Step
from async_db.modernizing.steps.tests.doubles import MOCKS, class_of
from async_db.target import (
    Call,
    Class,
    ClassObject,
    Function,
    Instance,
    LibraryObject,
    Module,
    libraries,
)

_RULE = "testing/real-database"
_AWAITED = frozenset({"execute", "scalars", "scalar", "exec", "get", "stream", "merge"})
"""What gives a result by an await, of which a mock of a session would make an async one too."""


def mocks(step: Step) -> None:
    """Have mocks of sessions be sessions, and results of theirs be plain."""
    for name in ("MagicMock", "Mock"):
        for call in step.service.calls.named(name):
            if call.scope.module.is_test and step.service.library_name(call) in MOCKS:
                _mock(step, call)


def _mock(step: Step, call: Call) -> None:
    name = _name_of(step, call)
    if not name:
        return
    function = call.scope if isinstance(call.scope, Function) else None
    spec = next((each.value for each in call.node.keywords if each.arg == "spec"), None)
    given = spec if spec is not None else next(iter(call.node.args), None)
    if given is None and not call.node.keywords and _is_passed_as_session(step, call, name):
        module = call.scope.module
        editing = step.editing(module)
        editing.insert(editing.places.span(call.node)[1] - 1, "spec=AsyncSession")
        step.add_import(module, "sqlalchemy.ext.asyncio", "AsyncSession")
        step.changed(module, call.node, "double", rule=_RULE)
    elif given is None and not call.node.keywords:
        _mock_of_class(step, call, name)
        return
    elif given is None or not _is_session(step, given, call):
        return
    if function is not None:
        plain_results(step, function, name)


def _mock_of_class(step: Step, call: Call, name: str) -> None:
    """Have a mock that is given where the service asks for an object of a class be like that."""
    types = step.service.types
    of = {
        wanted.of
        for each in call.scope.calls
        for function, parameter in _given_to(step, each, name)
        if isinstance(wanted := types.of_name(function, parameter), Instance)
    }
    wanted_class = next(iter(of)) if len(of) == 1 else None
    if not isinstance(wanted_class, Class) or not any(
        each.is_async and (each.module.path, each.qualname) not in step.async_before
        for each in wanted_class.functions
    ):
        return
    module, source = call.scope.module, step.import_name(wanted_class.module)
    known = types.of_name(module, wanted_class.name)
    if wanted_class.parent is not wanted_class.module or (
        known is not None and known != ClassObject(wanted_class)
    ):
        return
    editing = step.editing(module)
    editing.insert(editing.places.span(call.node)[1] - 1, f"spec={wanted_class.name}")
    if known is None:
        step.add_import(module, source, wanted_class.name)
    step.changed(module, call.node, "double", rule=_RULE)


def _is_session(step: Step, node: ast.expr, call: Call) -> bool:
    of = step.service.types.of(node, call.scope)
    return isinstance(of, LibraryObject) and of.name in (
        libraries.ASYNC_SESSION,
        "sqlmodel.ext.asyncio.session.AsyncSession",
    )


def _name_of(step: Step, call: Call) -> str:
    statement = step.editing(call.scope.module).statement(call.node)
    if isinstance(statement, ast.Assign) and statement.value is call.node:
        target = statement.targets[0]
        return target.id if isinstance(target, ast.Name) else ""
    return ""


def plain_results(step: Step, function: Function, name: str) -> None:
    """What `execute` gives is a plain result: its mock must not want to be awaited."""
    editing = step.editing(function.module)
    done: set[str] = set()
    pattern = re.compile(rf"{re.escape(name)}\.(\w+)\.return_value\.\w")
    for statement in _statements(function):
        if not isinstance(statement, ast.Assign):
            continue
        source = editing.source(statement.targets[0])
        found = pattern.match(source)
        if found is None or found[1] not in _AWAITED or found[1] in done:
            continue
        done.add(found[1])
        line = f"{name}.{found[1]}.return_value = MagicMock()"
        if line in function.module.text:
            continue
        start = editing.places.span(statement)[0]
        editing.insert(start, f"{line}\n{' ' * statement.col_offset}")
        step.add_import(function.module, "unittest.mock", "MagicMock")
        step.changed(function.module, statement, "double", rule=_RULE)


def _statements(function: Function) -> Iterator[ast.stmt]:
    found = [each for each in ast.walk(function.node) if isinstance(each, ast.stmt)]
    yield from sorted(found, key=lambda each: (each.lineno, each.col_offset))


def _is_passed_as_session(step: Step, call: Call, name: str) -> bool:
    return any(
        step.service.sessions.is_session(step.service.types.of_name(function, parameter))
        for each in call.scope.calls
        for function, parameter in _given_to(step, each, name)
    )


def _given_to(step: Step, call: Call, name: str) -> Iterator[tuple[Function, str]]:
    """Give the parameters that a call gives a name to."""
    for callee in step.service.calls.callees(call):
        own = [each.arg for each in callee.function.parameters if each.arg not in ("self", "cls")]
        for number, given in enumerate(call.node.args[: len(own)]):
            if isinstance(given, ast.Name) and given.id == name:
                yield callee.function, own[number]
        for keyword in call.node.keywords:
            if isinstance(keyword.value, ast.Name) and keyword.value.id == name and keyword.arg:
                yield callee.function, keyword.arg


def classes(step: Step) -> None:
    """Have the async methods of a class that is patched as a whole be awaited."""
    for call in step.service.calls.named("patch"):
        module = call.scope.module
        if not module.is_test or len(call.node.args) != 1 or call.node.keywords:
            continue
        of = class_of(step, call)
        name, function = patched_name(step, call)
        if of is not None and function is not None and name:
            _async_methods(step, module, function, name, of)


def patched_name(step: Step, call: Call) -> tuple[str, Function | None]:
    """Give the name that a patch has in a test, and the test."""
    editing = step.editing(call.scope.module)
    item = editing.parent(call.node)
    if isinstance(item, ast.withitem) and isinstance(item.optional_vars, ast.Name):
        function = call.scope if isinstance(call.scope, Function) else None
        return item.optional_vars.id, function
    if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef):
        patches = [each for each in item.decorator_list if _is_patch(each)]
        number = list(reversed(patches)).index(call.node) if call.node in patches else -1
        function = next((e for e in call.scope.module.all_functions if e.node is item), None)
        own = [each.arg for each in item.args.args if each.arg not in ("self", "cls")]
        if function is not None and 0 <= number < len(own):
            return own[number], function
    return "", None


def _is_patch(node: ast.expr) -> bool:
    func = node.func if isinstance(node, ast.Call) else node
    return "patch" in (getattr(func, "id", ""), getattr(func, "attr", ""))


def _async_methods(step: Step, module: Module, function: Function, name: str, of: Class) -> None:
    editing = step.editing(module)
    pattern = re.compile(rf"{re.escape(name)}\.return_value\.(\w+)\.(?:return_value|side_effect)\b")
    done: set[str] = set()
    for statement in _statements(function):
        if not isinstance(statement, ast.Assign):
            continue
        found = pattern.match(editing.source(statement.targets[0]))
        method = step.service.types.find_method(of, found[1]) if found else None
        if found is None or method is None or not method.is_async or found[1] in done:
            continue
        done.add(found[1])
        line = f"{name}.return_value.{found[1]} = AsyncMock()"
        if line in module.text:
            continue
        start = editing.places.span(statement)[0]
        editing.insert(start, f"{line}\n{' ' * statement.col_offset}")
        step.add_import(module, "unittest.mock", "AsyncMock")
        step.changed(module, statement, "double", rule=_RULE)
