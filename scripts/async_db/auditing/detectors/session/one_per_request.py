"""A session that outlives the request: at module level, on a class, on the application's state."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from async_db.auditing.detectors.registry import detects
from async_db.auditing.service import Service
from async_db.findings import Finding
from async_db.target import Binding, Class, Instance, Module, Scope, libraries

RULE = "session/one-per-request"
_ADVICE = (
    "make a session for each request in a dependency, from a factory that lives in the lifespan"
)


@detects(RULE)
def shared_sessions(service: Service) -> Iterator[Finding]:
    """Find sessions that modules, classes and applications keep."""
    for module in service.modules:
        if module not in service.reached:
            continue  # a script's own session serves no requests
        set_by_functions = {name for function in module.all_functions for name in function.globals}
        for scope in (module, *module.all_classes):
            for name, bindings in scope.bindings.items():
                yield from _kept(service, scope, name, bindings)
                if scope is module and name in set_by_functions:
                    yield from _global(service, module, name)
        for name, values in module.states.items():
            for value, scope in values:
                kind = service.sessions.kind(service.types.of(value, scope))
                if kind and isinstance(value, ast.Call) and not _is_request(value, scope):
                    yield _finding(service, module, value, f"`state.{name}`")


def _kept(service: Service, scope: Scope, name: str, bindings: list[Binding]) -> Iterator[Finding]:
    for binding in bindings:
        value = binding.value
        if binding.kind not in ("assign", "annotated") or value is None:
            continue
        if isinstance(value, ast.Call) and not service.sessions.may_give_session(value):
            continue
        # What a function sets by `global` stands in that function.
        made = service.types.of(value, scope)
        if isinstance(made, Instance) and made.of in (libraries.SCOPED, libraries.ASYNC_SCOPED):
            if service.is_async and made.of == libraries.SCOPED:
                yield service.finding(
                    RULE,
                    "review",
                    (scope.module, value),
                    f"`{name}` gives each thread one session, and all requests on the event loop are "
                    "one thread",
                    _ADVICE,
                )
        elif service.sessions.kind(made) and isinstance(value, ast.Call):
            where = f"the class {scope.name}" if isinstance(scope, Class) else "the module"
            yield _finding(service, scope.module, value, f"`{name}` of {where}")


def _global(service: Service, module: Module, name: str) -> Iterator[Finding]:
    for function in module.all_functions:
        if name not in function.globals:
            continue
        for call in function.calls:
            if service.sessions.factory_of(call) and _assigns(function.node, name, call.node):
                yield _finding(service, module, call.node, f"the global `{name}`")


def _assigns(function: ast.AST, name: str, value: ast.expr) -> bool:
    for each in ast.walk(function):
        if not isinstance(each, ast.Assign) or value not in list(ast.walk(each.value)):
            continue
        if any(isinstance(target, ast.Name) and target.id == name for target in each.targets):
            return True
    return False


def _is_request(value: ast.expr, scope: Scope) -> bool:
    """A middleware may keep the request's own session on the request's state."""
    return any("request" in name or "connection" in name for name in scope.bindings)


def _finding(service: Service, module: Module, node: ast.AST, what: str) -> Finding:
    return service.finding(
        RULE,
        "proven",
        (module, node),
        f"{what} is one session for all requests: they share its transaction, and see each other's errors",
        _ADVICE,
    )
