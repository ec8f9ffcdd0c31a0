"""What runs when an application starts and ends, as it is registered today."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from async_db.modernizing.step import Step
from async_db.target import Call, Function, Module, Scope, libraries

_BY_NAME = ("add_event_handler", "on_startup", "on_shutdown")


@dataclass(frozen=True, slots=True)
class Handler:
    """A function that `@app.on_event` registers.

    Parameters:
        function: the function.
        decorator: of it, which registers it.
        event: `startup` or `shutdown`.
    """

    function: Function
    decorator: ast.Call
    event: str


@dataclass(frozen=True, slots=True)
class Events:
    """The events of one application.

    Parameters:
        handlers: that a lifespan beside the application can call, in their order.
        others: whether there are some that it cannot: of another file, of a router, added by a call.
    """

    handlers: tuple[Handler, ...]
    others: bool


def events_of(step: Step, call: Call) -> Events:
    """Give what is registered on the application that a call makes.

    Parameters:
        step: the step.
        call: of `FastAPI(...)`.
    """
    handlers: list[Handler] = []
    others = any(each.arg in _BY_NAME for each in call.node.keywords)
    for module in step.project.modules:
        if module.is_test or not any(each in module.text for each in ("on_event", *_BY_NAME)):
            continue
        for function in module.all_functions:
            for node in function.node.decorator_list:
                if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "on_event":
                    event = _event(node)
                    scope = function.parent or function
                    if event and scope is call.scope and _is_of(step, node, call, scope):
                        handlers.append(Handler(function, node, event))
                    else:
                        others = others or not _is_of_another(step, node, call, scope)
        others = others or any(
            each.name == "add_event_handler"
            and not _is_of_another(step, each.node, call, each.scope)
            for each in module.all_calls
        )
    return Events(tuple(handlers), others)


def _event(node: ast.Call) -> str:
    first = node.args[0] if node.args else None
    value = first.value if isinstance(first, ast.Constant) else None
    return value if value in ("startup", "shutdown") else ""


def _is_of(step: Step, node: ast.Call, call: Call, scope: Scope) -> bool:
    """Say whether what is decorated with is of the application that a call makes."""
    return _application(step, node, scope) is call.node


def _is_of_another(step: Step, node: ast.Call, call: Call, scope: Scope) -> bool:
    made = _application(step, node, scope)
    return made is not None and made is not call.node


def _application(step: Step, node: ast.Call, scope: Scope) -> ast.Call | None:
    """Give the call that made the application of `app.on_event(...)`."""
    func = node.func
    if not isinstance(func, ast.Attribute) or not isinstance(func.value, ast.Name):
        return None
    located = step.service.types.locate(scope, func.value.id)
    value = located[0].value if located is not None else None
    if located is None or not isinstance(value, ast.Call):
        return None
    of = step.service.types.of(value, located[1])
    return value if step.service.types.is_a(of, libraries.APPLICATION) else None


def reached_from(step: Step, module: Module) -> frozenset[Module]:
    """Give a module and all that it imports, directly or not."""
    waiting, found = [module], {module}
    while waiting:
        for each in step.service.imports_of(waiting.pop()):
            if each not in found:
                found.add(each)
                waiting.append(each)
    return frozenset(found)
