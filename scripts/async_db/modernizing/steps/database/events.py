"""What runs when an application starts and ends, as it is registered today."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from async_db.modernizing.step import Step
from async_db.target import Call, Function, FunctionObject, Module, Scope, libraries

ARGUMENTS = {"on_startup": "startup", "on_shutdown": "shutdown"}
"""The arguments of an application that list what runs, and when that is."""
_BY_NAME = ("add_event_handler", *ARGUMENTS)


@dataclass(frozen=True, slots=True)
class Handler:
    """A function that `@app.on_event`, `app.add_event_handler` or the application registers.

    Parameters:
        function: the function.
        name: as it is called where the application is made.
        event: `startup` or `shutdown`.
        written: what registers it: a decorator, a call, or an argument of the application.
    """

    function: Function
    name: str
    event: str
    written: ast.Call | ast.keyword


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
    listed = _listed(step, call)
    handlers = list(listed or ())
    others = listed is None
    for module in step.project.modules:
        if module.is_test or not any(each in module.text for each in ("on_event", *_BY_NAME)):
            continue
        for function in module.all_functions:
            for node in function.node.decorator_list:
                if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "on_event":
                    event = _event(node)
                    scope = function.parent or function
                    if event and scope is call.scope and _is_of(step, node, call, scope):
                        handlers.append(Handler(function, function.name, event, node))
                    else:
                        others = others or not _is_of_another(step, node, call, scope)
        for each in module.all_calls:
            if each.name == "add_event_handler":
                added = _added(step, each, call)
                handlers += [added] if added is not None else []
                of_another = _is_of_another(step, each.node, call, each.scope)
                others = others or (added is None and not of_another)
    in_order = sorted(handlers, key=lambda each: (each.written.lineno, each.written.col_offset))
    return Events(tuple(in_order), others)


def _listed(step: Step, call: Call) -> list[Handler] | None:
    """Give what the application is told to run; None, if that cannot be seen."""
    found: list[Handler] = []
    for each in call.node.keywords:
        if each.arg is None or each.arg not in ARGUMENTS or _is_none(each.value):
            continue
        if not isinstance(each.value, ast.List | ast.Tuple):
            return None
        for node in each.value.elts:
            handler = _handler(step, node, call.scope, ARGUMENTS[each.arg], each)
            if handler is None:
                return None
            found.append(handler)
    return found


def _added(step: Step, added: Call, call: Call) -> Handler | None:
    """Give what a call adds to the application, as a statement beside the one that makes it."""
    editing = step.editing(added.scope.module)
    statement = editing.parent(added.node)
    if added.scope is not call.scope or len(added.node.args) != 2 or added.node.keywords:
        return None
    block = editing.parent(statement) if isinstance(statement, ast.Expr) else None
    if block is not editing.parent(editing.statement(call.node)):
        return None  # under a condition, or not a statement of its own
    event = _event(added.node)
    if not event or not _is_of(step, added.node, call, added.scope):
        return None
    return _handler(step, added.node.args[1], added.scope, event, added.node)


def _handler(
    step: Step, node: ast.expr, scope: Scope, event: str, written: ast.Call | ast.keyword
) -> Handler | None:
    of = step.service.types.of(node, scope)
    if not isinstance(node, ast.Name | ast.Attribute) or not isinstance(of, FunctionObject):
        return None
    if of.function.parameters and of.function.owner is None:
        return None
    return Handler(of.function, ast.unparse(node), event, written)


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


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
