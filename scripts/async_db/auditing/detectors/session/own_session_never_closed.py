"""A session that is opened outside a request, and that nothing closes."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from async_db.auditing.detectors.registry import detects
from async_db.auditing.service import Service
from async_db.findings import Finding
from async_db.target import Function, FunctionObject, libraries

RULE = "session/own-session-outside-requests"
_CLOSES = frozenset({"close", "aclose", "remove", "close_all"})


@detects(RULE)
def never_closed(service: Service) -> Iterator[Finding]:
    """Find the sessions that a function makes, keeps to itself, and does not close whatever happens."""
    for module in service.modules:
        for function in module.all_functions:
            for name, value in _made(service, function):
                closing = _closing(function, name)
                if closing == "always" or _leaves(function, name):
                    continue
                outcome = (
                    "is closed only where nothing fails: until the garbage collector comes, an error "
                    "keeps its connection"
                    if closing
                    else "is never closed: its connection is the garbage collector's to give back"
                )
                yield service.finding(
                    RULE,
                    "review" if closing else "suspected",
                    (module, value),
                    f"`{name}` of {function.qualname} {outcome}",
                    "open it by `with`: `with factory() as session:`, or `async with`",
                )


def _made(service: Service, function: Function) -> Iterator[tuple[str, ast.Call]]:
    """Give the names in a function that are set to a session which is made for it."""
    entered: set[ast.Call] | None = None
    for name, bindings in function.bindings.items():
        for binding in bindings:
            made = binding.value
            if not isinstance(made, ast.Call) or binding.kind not in ("assign", "annotated"):
                continue
            if name in function.globals or not service.sessions.may_give_session(made):
                continue
            if entered is None:
                entered = {call.node for call in function.calls if call.use == "entered"}
            if made in entered:
                continue
            if _is_new(service, function, made):
                yield name, made


def _is_new(service: Service, function: Function, node: ast.Call) -> bool:
    """Say whether a call gives a session that nobody else has: of a factory, or of who returns that."""
    if not service.sessions.is_session(service.types.of(node, function)):
        return False
    for given in (*node.args, *(each.value for each in node.keywords)):
        if service.types.is_a(service.types.of(given, function), libraries.CONNECTION):
            return False  # the connection is somebody else's, and so is giving it back
    if any(call.node is node and service.sessions.factory_of(call) for call in function.calls):
        return True
    called = service.types.of(node.func, function)
    if not isinstance(called, FunctionObject) or called.function.is_generator:
        return False
    returned = called.function.returns
    return bool(returned) and all(
        _calls_factory(service, called.function, each) for each in returned
    )


def _calls_factory(service: Service, function: Function, node: ast.expr) -> bool:
    """Say whether what a function returns as a session is made there: `SessionLocal()`."""
    if not isinstance(node, ast.Call):
        return False
    if isinstance(node.func, ast.Name) and not node.args:
        return True
    return any(call.node is node and service.sessions.factory_of(call) for call in function.calls)


def _closing(function: Function, name: str) -> str:
    """Say when a function closes a session: `always`, `sometimes` or never, which is nothing."""
    closes = {
        call.node
        for call in function.calls
        if call.name in _CLOSES
        and isinstance(call.node.func, ast.Attribute)
        and ast.unparse(call.node.func.value) == name
    }
    if not closes:
        return ""
    for each in ast.walk(function.node):
        if isinstance(each, ast.Try) and any(
            inner in closes for statement in each.finalbody for inner in ast.walk(statement)
        ):
            return "always"
    return "sometimes"


def _leaves(function: Function, name: str) -> bool:
    """Say whether somebody else gets a session to close: returned, yielded, kept, or entered."""
    given: list[ast.AST | None] = [*function.returns, *(each.value for each in function.yields)]
    for each in ast.walk(function.node):
        if isinstance(each, ast.withitem):
            given.append(each.context_expr)
        elif isinstance(each, ast.Assign) and not all(
            isinstance(target, ast.Name) for target in each.targets
        ):
            given.append(each.value)
    return any(_passes(each, name) for each in given if each is not None)


def _passes(node: ast.AST, name: str) -> bool:
    """Say whether an expression is, or is given, what a name means; reading from it is neither."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return False
    if isinstance(node, ast.Name):
        return node.id == name
    return any(_passes(each, name) for each in ast.iter_child_nodes(node))
