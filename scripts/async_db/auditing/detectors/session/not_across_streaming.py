"""The request's session in a body that is streamed, when the dependency has already ended."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from async_db.auditing.detectors.registry import detects
from async_db.auditing.service import Service
from async_db.findings import Finding
from async_db.target import Call, Function, FunctionObject, enclosing_function, libraries

RULE = "session/not-across-streaming"
_NAMES = (libraries.STREAMING, "starlette.EventSourceResponse")


@detects(RULE)
def streamed(service: Service) -> Iterator[Finding]:
    """Find streamed bodies that are generators over the session of the request."""
    for call in service.library_calls(*_NAMES):
        body = next(iter(call.node.args), None) or next(
            (each.value for each in call.node.keywords if each.arg == "content"), None
        )
        if not isinstance(body, ast.Call):
            continue
        told = list(_read_by(service, call, body)) or list(_held(service, call, body))
        yield from told


def _read_by(service: Service, call: Call, body: ast.Call) -> Iterator[Finding]:
    """Find the session of the request that the body reads by."""
    given = [*body.args, *(each.value for each in body.keywords)]
    if isinstance(body.func, ast.Attribute):
        given.append(body.func.value)
    for node in given:
        held = service.sessions.holds_session(service.types.of(node, call.scope))
        if held and service.from_request(node, call.scope):
            yield _finding(service, call, ast.unparse(node))
            return
    yield from _closure(service, call, body)


def _held(service: Service, call: Call, body: ast.Call) -> Iterator[Finding]:
    """Find the session of the request that nothing reads by, and that is kept all the same.

    What it read with has begun a transaction, so its connection is checked out until it is closed.
    """
    release = service.release("fastapi")
    if release is not None and release.at_least("0.118") is False is not release.at_least("0.106"):
        return  # between these two the dependency ended before the response
    function = enclosing_function(call.scope)
    body_of = service.types.of(body.func, call.scope)
    streams = isinstance(body_of, FunctionObject) and body_of.function.is_generator
    if function is None or not streams:
        return
    for dependency in service.web.dependencies_of(function):
        given = service.types.provided(dependency.target)
        name = dependency.parameter
        if (
            dependency.exit_scope == "function"
            or not name
            or not service.sessions.is_session(given)
        ):
            continue
        if _is_read(function, name) and not _ends(function, name):
            yield service.finding(
                RULE,
                "suspected",
                call,
                f"the connection of `{name}` is held as long as the client takes to read the body, "
                "which does not need it",
                'Depends(..., scope="function"), or a short session of its own for what is read first',
            )
            return


def _is_read(function: Function, name: str) -> bool:
    return any(
        isinstance(each, ast.Name) and each.id == name and isinstance(each.ctx, ast.Load)
        for each in ast.walk(function.node)
    )


def _ends(function: Function, name: str) -> bool:
    """Say whether the operation gives the connection back itself."""
    return any(
        call.name in ("close", "commit", "rollback")
        and isinstance(call.node.func, ast.Attribute)
        and ast.unparse(call.node.func.value) == name
        for call in function.calls
    )


def _closure(service: Service, call: Call, body: ast.Call) -> Iterator[Finding]:
    """Find a generator inside the operation that uses the session around it."""
    function = enclosing_function(call.scope)
    name = body.func.id if isinstance(body.func, ast.Name) else ""
    if function is None:
        return
    for inner in function.functions:
        if inner.name != name or not inner.is_generator:
            continue
        for use in inner.calls:
            receiver = getattr(use.node.func, "value", None)
            if not isinstance(receiver, ast.Name) or receiver.id in inner.bindings:
                continue
            if service.sessions.use_of(use) and service.from_request(receiver, function):
                yield _finding(service, call, receiver.id)
                return


def _finding(service: Service, call: Call, name: str) -> Finding:
    closed = _is_closed_before(service, enclosing_function(call.scope), name)
    return service.finding(
        RULE,
        "proven" if closed else "suspected",
        call,
        f"the body reads by `{name}`, "
        + (
            "which is closed when it is streamed: it begins again by itself, and its connection leaks"
            if closed
            else "whose connection is held as long as the client takes to read"
        ),
        "read what is needed first, or let the generator open short sessions of its own",
    )


def _is_closed_before(service: Service, function: Function | None, name: str) -> bool:
    release = service.release("fastapi")
    if release is not None and release.at_least("0.106") and release.at_least("0.118") is False:
        return True
    for dependency in service.web.dependencies_of(function) if function is not None else ():
        if dependency.parameter == name.partition(".")[0]:
            return dependency.exit_scope == "function"
    return False
