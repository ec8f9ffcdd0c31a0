"""Generators that give a session away: what they do when they get it back."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from async_db.auditing.service import Service
from async_db.auditing.sessions import place, source
from async_db.target import (
    Call,
    Class,
    Function,
    FunctionObject,
    Instance,
    LibraryObject,
    Manager,
    libraries,
)

_DEPTH = 6
_BEGINNERS = (
    libraries.SESSION,
    libraries.ASYNC_SESSION,
    libraries.SESSIONMAKER,
    libraries.ASYNC_SESSIONMAKER,
    libraries.ENGINE,
    libraries.ASYNC_ENGINE,
)


@dataclass(frozen=True, slots=True)
class LateCommit:
    """A commit that runs in a generator's exit code.

    Parameters:
        node: the call or block that commits.
        function: that it stands in.
        evidence: the way to it, a line each.
    """

    node: ast.expr
    function: Function
    evidence: tuple[str, ...]


def gives_session(service: Service, function: Function) -> bool:
    """Say whether a generator yields a session, or an object that keeps one."""
    if not function.is_generator:
        return False
    given = service.types.provided(FunctionObject(function))
    if isinstance(given, Manager):
        given = given.of
    if service.sessions.holds_session(given):
        return True
    values = [each.value for each in function.yields if isinstance(each, ast.Yield)]
    return any(
        value is not None and service.sessions.holds_session(service.types.of(value, function))
        for value in values
    )


def commit_after_yield(
    service: Service, function: Function, depth: int = _DEPTH
) -> LateCommit | None:
    """Give the commit in a generator's exit code, however deep it is; None where there is none.

    What only runs when an error came is none.
    """
    if depth == 0 or not function.yields:
        return None
    last = min(each.lineno for each in function.yields)
    for call in function.calls:
        late = _after(service, call, last, function)
        if late is None and encloses_yield(service, call, function):
            late = _at_exit(service, call, function, depth)
        if late is not None:
            return late
    return None


def _after(service: Service, call: Call, line: int, function: Function) -> LateCommit | None:
    if call.node.lineno <= line or _in_handler(service, call):
        return None
    use = service.sessions.use_of(call)
    if (use is not None and use.method == "commit") or _commits_what_it_gave(
        service, call, function
    ):
        return LateCommit(call.node, function, (f"{place(call)}  {source(call)}",))
    for callee in service.calls.callees(call):
        step = service.sessions.committing.get(callee.function)
        if step is not None and step.exact and callee.exact:
            below = service.sessions.chain(step, service.sessions.committing)
            return LateCommit(call.node, function, (f"{place(call)}  {source(call)}", *below))
    return None


def _commits_what_it_gave(service: Service, call: Call, function: Function) -> bool:
    """Say whether it commits what it yielded, where its annotation says that this is a session."""
    called = call.node.func
    if call.name != "commit" or not isinstance(called, ast.Attribute):
        return False
    given = ast.dump(called.value)
    values = [each.value for each in function.yields if each.value is not None]
    return gives_session(service, function) and any(ast.dump(each) == given for each in values)


def _in_handler(service: Service, call: Call) -> bool:
    return any(
        isinstance(each, ast.ExceptHandler)
        for each in service.within_function(call.node, call.scope.module)
    )


def encloses_yield(service: Service, call: Call, function: Function) -> bool:
    """Say whether a call is what a `with` block enters, or a loop goes over, around a `yield`."""
    if call.use not in ("entered", "iterated"):
        return False
    for each in function.yields:
        for around in service.within_function(each, function.module):
            if isinstance(around, ast.With | ast.AsyncWith):
                if any(item.context_expr is call.node for item in around.items):
                    return True
            elif isinstance(around, ast.For | ast.AsyncFor) and around.iter is call.node:
                return True
    return False


def _at_exit(service: Service, call: Call, function: Function, depth: int) -> LateCommit | None:
    """Give the commit that leaving a block brings: `begin()`, a manager of the target."""
    told = f"{place(call)}  {source(call)}"
    if begins(service, call):
        return LateCommit(call.node, function, (told,))
    called = service.calls.called(call)
    inner: Function | None = None
    if isinstance(called, FunctionObject) and called.function.is_generator:
        found = commit_after_yield(service, called.function, depth - 1)
        return LateCommit(call.node, function, (told, *found.evidence)) if found else None
    of = service.types.of(call.node, call.scope)
    if isinstance(of, Instance) and isinstance(of.of, Class):
        for name in ("__aexit__", "__exit__"):
            inner = inner or service.types.find_method(of.of, name)
    if inner is not None:
        step = service.sessions.committing.get(inner)
        if step is not None and step.exact:
            below = service.sessions.chain(step, service.sessions.committing)
            return LateCommit(call.node, function, (told, *below))
    return None


def begins(service: Service, call: Call) -> bool:
    """Say whether a call is `begin()` of a session, a factory or an engine."""
    called = service.calls.called(call)
    if isinstance(called, LibraryObject) and called.bound_to is not None:
        owner, _, method = called.name.rpartition(".")
        bases = libraries.library_bases(owner)
        return method == "begin" and any(base in _BEGINNERS for base in bases)
    if isinstance(called, FunctionObject):
        given = service.types.result(called)
        return isinstance(given, Manager) and _returns_begin(service, called)
    return False


def _returns_begin(service: Service, called: FunctionObject) -> bool:
    """A method that returns `factory.begin()` is as good as that."""
    function = called.function
    for value in function.returns:
        for call in function.calls:
            if call.node is value and call.scope is function:
                return begins(service, call)
    return False


def session_generators(service: Service) -> list[Function]:
    """Give the generators of what serves that give a session away, in the order of the files."""
    return [
        function
        for module in service.modules
        for function in module.all_functions
        if function.yields and gives_session(service, function)
    ]


def tries_around_yield(service: Service, function: Function) -> list[ast.Try]:
    """Give the `try` statements that a generator's `yield` stands in the body of."""
    found: list[ast.Try] = []
    for each in function.yields:
        inner: ast.AST = each
        for around in service.within_function(each, function.module):
            if isinstance(around, ast.Try) and inner in around.body and around not in found:
                found.append(around)
            inner = around
    return found
