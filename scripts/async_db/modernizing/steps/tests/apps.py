"""`client.app`, which an async client does not have: the application is named where it is used."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from async_db.modernizing.step import Step
from async_db.modernizing.steps.propagation import TEST_CLIENT
from async_db.modernizing.steps.tests.subclasses import made_client
from async_db.target import Call, Function, Module, enclosing_function

_RULE = "testing/asgi-transport"
_REASON = "an AsyncClient does not know its application: name it here"


def apps(step: Step) -> dict[ast.expr, str]:
    """Name the application that clients are made of, where tests ask a client for it.

    Gives the names of those that another client is made of, which is written by who makes it.
    """
    within: dict[ast.expr, str] = {}
    asked = [
        (module, node, function)
        for module in step.project.modules
        if module.is_test and ".app" in module.text
        for node, function in module.attributes_read
        if node.attr == "app" and _is_client(step, node, function)
    ]
    if not asked:
        return within
    made = [
        call
        for module in step.project.modules
        if module.is_test and "TestClient" in module.text
        for call in module.all_calls
        if made_client(step, call)
    ]
    applications = {_app(call) for call in made}
    for module, node, function in sorted(asked, key=lambda each: each[1] not in applications):
        own = _made_for(step, node, function, made) or made
        names = {_named(_app(call), within) for call in own} - {""}
        name = names.pop() if len(names) == 1 else ""
        if name and _known(step, module, function, name, [*own, *made]):
            if node in applications:
                within[node] = name
            else:
                step.editing(module).replace(node, name)
            step.changed(module, node, "application", rule=_RULE)
        else:
            step.withhold(module, node, _RULE, _REASON)
    return within


def _named(app: ast.expr | None, known: Mapping[ast.expr, str]) -> str:
    """Give the name of an application, as it is written or is known by now."""
    return app.id if isinstance(app, ast.Name) else known.get(app, "") if app else ""


def _made_for(step: Step, node: ast.Attribute, function: Function, made: list[Call]) -> list[Call]:
    """Give the calls that make a client: in the function that asks it, or in the fixture it is of."""
    name = getattr(node.value, "id", "")
    if name not in {each.arg for each in function.parameters}:
        return [each for each in made if enclosing_function(each.scope) is function]
    folder = function.module.path.rpartition("/")[0]
    fixtures = [
        each
        for module in step.project.modules
        for each in module.all_functions
        if each.name == name and (module is function.module or _is_above(module, folder))
    ]
    nearest = max(fixtures, key=lambda each: _nearness(each, function), default=None)
    return [each for each in made if enclosing_function(each.scope) is nearest]


def _is_above(module: Module, folder: str) -> bool:
    where, _, name = module.path.rpartition("/")
    return name == "conftest.py" and f"{folder}/".startswith(f"{where}/" if where else "")


def _nearness(fixture: Function, function: Function) -> tuple[bool, int]:
    return fixture.module is function.module, len(fixture.module.path)


def _is_client(step: Step, node: ast.Attribute, function: Function) -> bool:
    return step.service.types.is_a(step.service.types.of(node.value, function), TEST_CLIENT)


def _app(call: Call) -> ast.expr | None:
    named = [each.value for each in call.node.keywords if each.arg == "app"]
    return next(iter([*call.node.args[:1], *named]), None)


def _known(step: Step, module: Module, function: Function, name: str, made: list[Call]) -> bool:
    """Have a function know an application by its name: it does, is given a fixture, or imports it."""
    if name in function.bindings or name in module.bindings:
        return True
    for call in made:
        for scope in (call.scope, call.scope.module):
            for binding in scope.bindings.get(name, ()):
                if binding.kind == "from" and not binding.target.startswith("."):
                    if binding.name not in ("", name):
                        return False
                    if isinstance(scope, Function):
                        _import_within(step, function, f"from {binding.target} import {name}")
                    else:
                        step.add_import(module, binding.target, name)
                    return True
    return _as_parameter(step, module, function, name)


def _import_within(step: Step, function: Function, line: str) -> None:
    """Import in a function what its fixture imports late, once something is set up."""
    body = function.node.body
    first = body[0]
    said = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    before = body[1] if said and len(body) > 1 else first
    editing = step.editing(function.module)
    editing.insert(editing.places.span(before)[0], f"{line}\n\n{' ' * before.col_offset}")


def _as_parameter(step: Step, module: Module, function: Function, name: str) -> bool:
    """Give a test one more fixture, where one of the name is there for all tests."""
    fixtures = [
        each
        for other in step.project.modules
        if other.path.endswith("conftest.py")
        for each in other.functions
        if each.name == name
    ]
    given = function.node.args
    if not fixtures or not function.name.startswith("test") or given.kwonlyargs or given.kwarg:
        return False
    positional = [*given.posonlyargs, *given.args]
    if not positional or given.defaults:
        return False
    editing = step.editing(module)
    last = positional[-1]
    editing.insert(editing.places.span(last)[1], f", {name}")
    return True
