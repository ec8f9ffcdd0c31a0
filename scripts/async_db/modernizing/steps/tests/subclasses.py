"""Classes of a project's own that are test clients: they become async ones, with what makes them."""

from __future__ import annotations

import ast
from typing import Literal

from async_db.modernizing.step import Step
from async_db.modernizing.steps.propagation import TEST_CLIENT
from async_db.target import Call, Class, ClassObject, Function

Making = Literal["", "outside", "inside"]
"""Where a client is told its application: by who makes it, or in its own `__init__`."""


def made_client(step: Step, call: Call) -> str:
    """Give the name of the class that makes a test's client, as the call writes it; else nothing."""
    called = step.service.calls.called(call)
    if isinstance(called, ClassObject):
        is_client = TEST_CLIENT in step.service.types.mro(called.of)
        return step.editing(call.scope.module).source(call.node.func) if is_client else ""
    return "AsyncClient" if step.service.library_name(call) == TEST_CLIENT else ""


def making(step: Step, of: Class) -> Making:
    """Say where the clients of a class are told their application; nothing, if it cannot be seen."""
    found = of.bindings.get("__init__")
    if not found:
        return "outside"
    own = found[-1].definition
    calls = super_calls(own) if isinstance(own, Function) else []
    if not isinstance(own, Function) or len(calls) != 1:
        return ""
    return "outside" if _passes_on(own, calls[0].node) else "inside"


def super_calls(function: Function) -> list[Call]:
    """Give the calls of `super().__init__` in a function."""
    return [
        each
        for each in function.calls
        if each.name == "__init__"
        and isinstance(each.node.func, ast.Attribute)
        and isinstance(each.node.func.value, ast.Call)
        and getattr(each.node.func.value.func, "id", "") == "super"
    ]


def _passes_on(function: Function, call: ast.Call) -> bool:
    """Say whether a function is given anything, and passes all of it on."""
    said = function.node.args
    if said.vararg is None or said.kwarg is None or len([*said.posonlyargs, *said.args]) != 1:
        return False
    starred = [each.value for each in call.args if isinstance(each, ast.Starred)]
    doubled = [each.value for each in call.keywords if each.arg is None]
    passed = [getattr(each, "id", "") for each in (*starred, *doubled)]
    alone = len(passed) == len(call.args) + len(call.keywords)
    return alone and passed == [said.vararg.arg, said.kwarg.arg]
