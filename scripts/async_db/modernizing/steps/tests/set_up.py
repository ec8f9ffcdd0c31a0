"""What pytest and unittest call before and after tests: they do not await it, fixtures are awaited."""

from __future__ import annotations

import ast
import re

from async_db.modernizing.step import Step
from async_db.modernizing.steps.propagation import annotate
from async_db.modernizing.steps.tests.named_fixtures import by_indirect_name
from async_db.target import Call, Class, Function, Module

_RULE = "testing/one-loop-for-engine-and-tests"
_SCOPES = {"module": "module", "function": "", "class": "class", "method": ""}
_NAME = re.compile(r"(setup|teardown)_(module|function|class|method)")
_OF_UNITTEST = {"setUp": "asyncSetUp", "tearDown": "asyncTearDown"}
_WHILE_RUNNING = (
    "pytest cannot run an async fixture while the loop runs: name it among the parameters, or ask "
    "for it in a fixture that stays `def`"
)
_ASYNC_CASE = "IsolatedAsyncioTestCase"


def set_up(step: Step) -> None:
    """Have what became async before and after tests be awaited."""
    cases: dict[Class, None] = {}
    for module in step.project.modules:
        if not module.is_test:
            continue
        for function in module.all_functions:
            if not function.is_async:
                continue
            if function.owner is not None and "unittest.TestCase" in _bases(step, function.owner):
                cases[function.owner] = None
                continue
            for call in function.calls:
                if (
                    call.name == "getfixturevalue"
                    and not _is_sync_fixture(step, call)
                    and not by_indirect_name(step, call)
                ):
                    step.withhold(module, call.node, _RULE, _WHILE_RUNNING)
            if found := _NAME.fullmatch(function.name):
                _as_fixture(step, function, teardown=found[1] == "teardown", of=found[2])
    for case in cases:
        _case(step, case)


def _is_sync_fixture(step: Step, call: Call) -> bool:
    """Say whether all fixtures of the name that is asked for are plain ones."""
    name = call.node.args[0] if call.node.args else None
    if not isinstance(name, ast.Constant):
        return False
    found = [
        function
        for module in step.project.modules
        if module.is_test
        for function in module.all_functions
        if function.name == name.value
    ]
    return bool(found) and not any(each.is_async for each in found)


def _bases(step: Step, owner: Class) -> tuple[object, ...]:
    return step.service.types.mro(owner)


def _as_fixture(step: Step, function: Function, *, teardown: bool, of: str) -> None:
    """Make a function that pytest calls by its name a fixture of another one."""
    if (function.owner is None) != (of in ("module", "function")):
        return
    module, node = function.module, function.node
    editing = step.editing(module)
    own = function.parameters[:1] if function.owner is not None else []
    others = function.parameters[len(own) :]
    if any(_uses(function, each.arg) for each in others):
        reason = f"pytest does not await `{function.name}`: make it a fixture that asks `request`"
        step.withhold(module, node, _RULE, reason)
        return
    scope = f'scope="{_SCOPES[of]}", ' if _SCOPES[of] else ""
    indentation = " " * node.col_offset
    first = node.body[0]
    start = editing.places.span(node)[0]
    decorator = f"@pytest.fixture({scope}autouse=True)\n{indentation}"
    for each in node.decorator_list:
        line = editing.places.start_of_line(each.lineno)
        editing.replace_range(line, editing.places.next_line(editing.places.span(each)[1]), "")
    name = editing.places.text.index(function.name, start)
    opening = editing.places.text.index("(", name)
    closing = editing.places.text.index(")", opening)
    self_ = "self" if own else ""
    editing.insert(start, decorator)
    editing.replace_range(name, closing, f"_{function.name}({self_}")
    inner = " " * first.col_offset
    before = f"cls = type(self)\n{inner}" if own and own[0].arg == "cls" else ""
    if teardown:
        before += f"yield\n{inner}"
        if isinstance(node.returns, ast.Constant) and node.returns.value is None:
            editing.replace(node.returns, "AsyncIterator[None]")
            step.add_import(module, "collections.abc", "AsyncIterator")
    if before:
        editing.insert(editing.places.span(first)[0], before)
    step.add_import(module, "pytest", "")
    step.changed(module, node, "fixture", rule=_RULE)


def _uses(function: Function, name: str) -> bool:
    return any(isinstance(each, ast.Name) and each.id == name for each in ast.walk(function.node))


def _case(step: Step, case: Class) -> None:
    """Have a test case of unittest run its async tests in a loop."""
    module = case.module
    editing = step.editing(module)
    for base in case.node.bases:
        of = step.service.types.of(base, case.parent or module)
        if getattr(of, "name", "") != "unittest.TestCase":
            continue
        if isinstance(base, ast.Attribute):
            end = editing.places.span(base)[1]
            editing.replace_range(end - len(base.attr), end, _ASYNC_CASE)
        else:
            editing.replace(base, _ASYNC_CASE)
            step.add_import(module, "unittest", _ASYNC_CASE)
            step.drop_import(module, "TestCase")
        step.changed(module, case.node, "test case", rule=_RULE)
    for function in case.functions:
        if function.is_async and function.name in _OF_UNITTEST:
            _rename(step, module, function)


def _rename(step: Step, module: Module, function: Function) -> None:
    editing = step.editing(module)
    start, _ = editing.places.span(function.node)
    place = editing.places.text.index(function.name, start)
    name = _OF_UNITTEST[function.name]
    editing.replace_range(place, place + len(function.name), name)
    for node in ast.walk(function.node):
        if isinstance(node, ast.Attribute) and node.attr == function.name:
            end = editing.places.span(node)[1]
            editing.replace_range(end - len(node.attr), end, name)


def overrides(step: Step) -> None:
    """Have what stands in for an async dependency be async too: it then waits in the loop."""
    for module in step.project.modules:
        if not module.is_test or "dependency_overrides" not in module.text:
            continue
        for scope in (module, *module.all_functions):
            nodes = ast.walk(scope.node) if isinstance(scope, Function) else module.tree.body  # type: ignore[union-attr]  # it was read
            for node in nodes:
                if isinstance(node, ast.Assign) and _is_override(node.targets[0]):
                    of = step.service.types.of(node.value, scope)
                    _override(step, getattr(of, "function", None))


def _is_override(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Subscript)
        and isinstance(node.value, ast.Attribute)
        and node.value.attr == "dependency_overrides"
    )


def _override(step: Step, function: Function | None) -> None:
    if function is None or function.is_async or not function.is_generator:
        return
    if not function.module.is_test or any(step.service.calls.callers(function)):
        return
    editing = step.editing(function.module)
    editing.insert(editing.places.span(function.node)[0], "async ")
    annotate(step, function)
    step.changed(function.module, function.node, "override", rule="testing/override-and-restore")
