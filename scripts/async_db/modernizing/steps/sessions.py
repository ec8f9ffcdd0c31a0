"""Parameters without an annotation that are sessions, by what is asked of them, are annotated.

What is known of a session by `query(Order)` alone would be forgotten once that is `select(Order)`,
and neither that call nor a `commit` beside it would be awaited.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from async_db.modernizing.step import Step
from async_db.modernizing.steps.queries.asking import SESSION_NAMES, asks_for_mapped
from async_db.modernizing.steps.queries.entities import Entities
from async_db.target import Call, Function, LibraryObject, Module, Scope

_LIBRARIES = ("sqlalchemy.orm.", "sqlmodel.")
_EXECUTING = ("execute", "scalars", "scalar")


def sessions(step: Step) -> None:
    """Annotate parameters that can be nothing else than sync sessions."""
    entities = Entities(step.service)
    found: dict[ast.arg, Function] = {}
    for call in _asking(step, entities):
        given = _parameter(step, call)
        if given is not None:
            found.setdefault(*given)
    for parameter, function in found.items():
        module = function.module
        name = _session_in(step, module)
        if name is not None and step.may_change(module, function.node):
            step.editing(module).wrap(parameter, "", f": {name}")
            step.changed(module, parameter, "session")


def _asking(step: Step, entities: Entities) -> Iterator[Call]:
    """Give calls that only a session answers, of what is not known to be anything."""
    for name in ("query", *_EXECUTING, "get", "add"):
        for call in step.service.calls.named(name):
            func, given = call.node.func, call.node.args
            if not (isinstance(func, ast.Attribute) and isinstance(func.value, ast.Name) and given):
                continue
            if call.use == "awaited" or entities.types.of(func.value, call.scope) is not None:
                continue
            if _is_of_a_session(entities, name, func.value.id, given[0], call.scope):
                yield call


def _is_of_a_session(
    entities: Entities, method: str, receiver: str, given: ast.expr, scope: Scope
) -> bool:
    """Say whether only a session has this method for this argument.

    A connection executes too, and much can be added to many things: there its name says so as well.
    """
    if method == "query":
        return asks_for_mapped(entities, given, scope)
    if receiver.lower() not in SESSION_NAMES:
        return False
    if method == "get":
        return entities.mapped_class(given, scope) is not None
    if method == "add":
        return isinstance(given, ast.Call) and entities.mapped_class(given.func, scope) is not None
    return asks_for_mapped(entities, given, scope)


def _parameter(step: Step, call: Call) -> tuple[ast.arg, Function] | None:
    """Give the parameter that is asked, if nothing says what it is and nothing awaits it."""
    func = call.node.func
    if not (isinstance(func, ast.Attribute) and isinstance(func.value, ast.Name)):
        return None
    name = func.value.id
    located = step.service.types.locate(call.scope, name)
    if located is None or located[0].kind != "parameter" or located[0].value is not None:
        return None
    function = located[1].function
    if function is None or len(function.bindings.get(name, ())) != 1:
        return None
    arguments = function.node.args
    for each in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]:
        if each.arg == name and each.annotation is None:
            return None if _is_awaited(function.node, name) else (each, function)
    return None


def _is_awaited(function: ast.AST, name: str) -> bool:
    """Say whether a function awaits anything of what has a name: then that is async already."""
    return any(
        isinstance(each, ast.Await)
        and isinstance(each.value, ast.Call)
        and isinstance(each.value.func, ast.Attribute)
        and isinstance(each.value.func.value, ast.Name)
        and each.value.func.value.id == name
        for each in ast.walk(function)
    )


def _session_in(step: Step, module: Module) -> str | None:
    """Give the name that a session's class has in a module; None where that means something else."""
    bindings = module.bindings.get("Session", ())
    if not bindings:
        step.add_import(module, "sqlalchemy.orm", "Session")
        return "Session"
    of = step.service.types.of(ast.Name("Session", ast.Load()), module)
    return "Session" if isinstance(of, LibraryObject) and of.name.startswith(_LIBRARIES) else None
