"""Middleware: where it runs the rest of the application, and what it holds open around that."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from async_db.auditing.service import Service
from async_db.target import Call, Function


def calls_of_the_rest(service: Service) -> Iterator[Call]:
    """Give the first call in each function of what serves that runs the rest of the application."""
    seen: set[Function] = set()
    for call in service.calls_named("call_next", "app"):
        function = call.scope
        if isinstance(function, Function) and function not in seen and _passes_on(call, function):
            seen.add(function)
            yield call


def _passes_on(call: Call, function: Function) -> bool:
    names = {parameter.arg for parameter in function.parameters}
    if call.name == "call_next":
        return "call_next" in names
    is_asgi = {"scope", "receive", "send"} <= names and isinstance(call.node.func, ast.Attribute)
    return is_asgi and len(call.node.args) == 3


def stands_in(service: Service, inner: Call, manager: Call) -> bool:
    """Say whether a call stands in the block that enters what another call gives."""
    for around in service.within_function(inner.node, inner.scope.module):
        items = around.items if isinstance(around, ast.With | ast.AsyncWith) else []
        if any(item.context_expr is manager.node for item in items):
            return True
    return False
