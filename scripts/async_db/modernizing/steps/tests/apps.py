"""`client.app`, which an async client does not have: the application is named where it is used."""

from __future__ import annotations

import ast

from async_db.modernizing.step import Step
from async_db.modernizing.steps.propagation import TEST_CLIENT
from async_db.target import Call, Function, Module

_RULE = "testing/asgi-transport"
_REASON = "an AsyncClient does not know its application: name it here"


def apps(step: Step) -> None:
    """Name the application that clients are made of, where tests ask a client for it."""
    asked = [
        (module, node, function)
        for module in step.project.modules
        if module.is_test and ".app" in module.text
        for node, function in module.attributes_read
        if node.attr == "app" and _is_client(step, node, function)
    ]
    if not asked:
        return
    made = [
        call
        for module in step.project.modules
        if module.is_test and "TestClient" in module.text
        for call in module.all_calls
        if step.service.library_name(call) == TEST_CLIENT
    ]
    names = {each.id for call in made if isinstance(each := _app(call), ast.Name)}
    name = names.pop() if len(names) == 1 else ""
    for module, node, function in asked:
        if name and _known(step, module, function, name, made):
            step.editing(module).replace(node, name)
            step.changed(module, node, "application", rule=_RULE)
        else:
            step.withhold(module, node, _RULE, _REASON)


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
                    step.add_import(module, binding.target, binding.name or name)
                    return binding.name in ("", name)
    return _as_parameter(step, module, function, name)


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
