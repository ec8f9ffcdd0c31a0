"""A middleware that holds a session around the whole application."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from async_db.auditing.detectors.registry import detects
from async_db.auditing.service import Service
from async_db.findings import Finding
from async_db.target import Call, Function

RULE = "wiring/no-session-around-the-app"


@detects(RULE)
def session_in_middleware(service: Service) -> Iterator[Finding]:
    """Find `call_next` and the application itself inside a block that a session is open in."""
    for module in service.modules:
        for function in module.all_functions:
            passed = _passes_on(function)
            if passed is None:
                continue
            for call in function.calls:
                inside = call.use == "entered" and _stands_in(service, passed, call)
                if inside and _gives_session(service, call):
                    yield service.finding(
                        RULE,
                        "proven",
                        call,
                        "every request opens a session here, those that need none too, and errors that "
                        "became responses are committed",
                        "a dependency with a session, of the operations that need one",
                    )


def _passes_on(function: Function) -> Call | None:
    """Give the call that runs the rest of the application."""
    names = {parameter.arg for parameter in function.parameters}
    for call in function.calls:
        if call.name == "call_next" and "call_next" in names:
            return call
        is_asgi = {"scope", "receive", "send"} <= names and isinstance(
            call.node.func, ast.Attribute
        )
        if is_asgi and call.name == "app" and len(call.node.args) == 3:
            return call
    return None


def _gives_session(service: Service, call: Call) -> bool:
    of = service.types.entered(service.types.of(call.node, call.scope))
    return service.sessions.is_session(of)


def _stands_in(service: Service, inner: Call, manager: Call) -> bool:
    for around in service.within_function(inner.node, inner.scope.module):
        items = around.items if isinstance(around, ast.With | ast.AsyncWith) else []
        if any(item.context_expr is manager.node for item in items):
            return True
    return False
