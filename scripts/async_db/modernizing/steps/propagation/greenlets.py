"""What SQLAlchemy calls with sync objects of an async engine: it waits there without an await, and stays.

That is what `run_sync` is given, what listens to events, and what is handed `engine.sync_engine`; and
what is called by nothing else.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from async_db.auditing import Service
from async_db.target import Call, Function, FunctionObject, enclosing_function

_WITH_LISTENER = 3
"""How many arguments `event.listen` has with the function."""
_LISTENING = frozenset({"listens_for", "listen", "contains"})
_SYNC_ONES = frozenset({"sync_engine", "sync_session", "sync_connection"})


def sync_inside(service: Service) -> frozenset[Function]:
    """Give the functions that are called with sync objects in async code, and by nothing else.

    Parameters:
        service: the model of the target.
    """
    found = set(_called_by_sqlalchemy(service))
    waiting = list(found)
    while waiting:
        for call in _calls_within(waiting.pop()):
            for callee in service.calls.callees(call):
                function = callee.function
                if function in found or function.is_async:
                    continue
                sites = [site for site, _ in service.calls.callers(function)]
                if sites and all(enclosing_function(site.scope) in found for site in sites):
                    found.add(function)
                    waiting.append(function)
    return frozenset(found)


def listens(service: Service, function: Function) -> bool:
    """Say whether a function is a listener of SQLAlchemy's events by its decorator."""
    names = {name.rpartition(".")[2] for name in service.types.decorators(function)}
    return bool(names & _LISTENING)


def waits_for_given(call: Call, function: Function) -> bool:
    """Say whether a call is of what its function was given, or of what that gave."""
    node: ast.expr = call.node
    while not isinstance(node, ast.Name):
        if isinstance(node, ast.Call):
            node = node.func
        elif isinstance(node, ast.Attribute | ast.Subscript):
            node = node.value
        else:
            return False
    bound = [*function.bindings.get(node.id, ())]
    own = {each.arg for each in function.parameters}
    return node.id in own or any(
        inner.id in own
        for each in bound
        if each.value is not None
        for inner in ast.walk(each.value)
        if isinstance(inner, ast.Name)
    )


def _called_by_sqlalchemy(service: Service) -> Iterator[Function]:
    for module in service.project.modules:
        for function in module.all_functions:
            if not function.is_async and listens(service, function):
                yield function
        for call in module.all_calls:
            if (call.name == "run_sync" and not is_thread(call)) or (
                call.name == "listen" and len(call.node.args) == _WITH_LISTENER
            ):
                yield from _given(service, call)
            elif any(map(_is_sync_one, call.node.args)):
                for callee in service.calls.callees(call):
                    if not callee.function.is_async:
                        yield callee.function


def _given(service: Service, call: Call) -> Iterator[Function]:
    for node in call.node.args:
        if isinstance(node, ast.Name | ast.Attribute):
            of = service.types.of(node, call.scope)
            if isinstance(of, FunctionObject) and not of.function.is_async:
                yield of.function
        elif isinstance(node, ast.Lambda):
            inner = {each for each in ast.walk(node) if isinstance(each, ast.Call)}
            for each in call.scope.module.all_calls:
                if each.node in inner:
                    for callee in service.calls.callees(each):
                        if not callee.function.is_async:
                            yield callee.function


def is_thread(call: Call) -> bool:
    """Say whether a `run_sync` is that of `anyio.to_thread`."""
    func = call.node.func
    return isinstance(func, ast.Name) or "to_thread" in ast.unparse(func)


def _is_sync_one(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and node.attr in _SYNC_ONES


def _calls_within(function: Function) -> Iterator[Call]:
    yield from function.calls
    for inner in function.functions:
        yield from _calls_within(inner)
