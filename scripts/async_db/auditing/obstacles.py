"""What cannot become async as it is, and why; and what would block the loop once it is."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from async_db.auditing.service import Service
from async_db.auditing.sessions import within
from async_db.target import Call, Function, FunctionObject, enclosing_function

_PROPERTIES = frozenset(
    {"property", "cached_property", "functools.cached_property", "hybrid_property", "setter"}
)
_ENTERING = frozenset({"__enter__", "__exit__", "__call__", "__iter__", "__next__"})
_ASYNC_TOO = frozenset({"Depends", "Security", "add_task", "BackgroundTask", "add_api_route"})
_HARMLESS_BASES = (
    "typing.",
    "threading.local",
    "abc.",
    "enum.",
    "pydantic.",
    "sqlalchemy.",
    "sqlmodel.",
    "fastapi.",
)
_HOOKS = {
    "validator": "a validator, which pydantic calls",
    "field_validator": "a validator, which pydantic calls",
    "model_validator": "a validator, which pydantic calls",
    "root_validator": "a validator, which pydantic calls",
    "listens_for": "an event hook, which SQLAlchemy calls",
    "hybrid_property": "a hybrid property",
    "task": "a task of a sync worker",
    "shared_task": "a task of a sync worker",
    "command": "a command of a sync command line",
    "cache": "cached: a coroutine can be awaited only once",
    "lru_cache": "cached: a coroutine can be awaited only once",
}
_BLOCKING = (
    *("requests.", "time.sleep", "subprocess.", "smtplib.", "urllib.request.", "boto3.", "bcrypt."),
    *("httpx.get", "httpx.post", "httpx.put", "httpx.delete", "httpx.request", "httpx.Client"),
)


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Something that a person has to decide.

    Parameters:
        path: the file.
        line: counted from 1.
        name: the function.
        reason: why it cannot become async as it is, or what it does to the loop.
    """

    path: str
    line: int
    name: str
    reason: str


def obstacles_of(
    service: Service,
    functions: Collection[Function],
    passed_on: Mapping[Function, Sequence[Obstacle]],
) -> Iterator[Obstacle]:
    """Give what keeps functions from becoming async.

    Parameters:
        service: what is audited.
        functions: those that must become async.
        passed_on: where each is given to somebody who calls it, by `find_passed_on`.
    """
    for function in functions:
        for reason in _reasons(service, function):
            yield _obstacle(function, function.line, reason)
        for call, _ in service.calls.callers(function):
            if call.scope.module.is_test:
                continue
            if call.inside == "lambda":
                yield _at(call, f"calls {function.qualname} in a lambda, which cannot await")
            elif enclosing_function(call.scope) is None:
                yield _at(
                    call, f"calls {function.qualname} at import, where nothing can be awaited"
                )
        yield from passed_on.get(function, ())


def blocking_calls(service: Service, functions: Collection[Function]) -> Iterator[Obstacle]:
    """Give what functions that become async take out of the thread pool: calls that wait."""
    for function in functions:
        for call in function.calls:
            name = service.library_name(call)
            if name.startswith(_BLOCKING):
                yield _at(call, f"`{name}` waits in a thread today, and would block the loop")


def _reasons(service: Service, function: Function) -> Iterator[str]:
    decorators = service.types.decorators(function)
    if decorators & _PROPERTIES:
        yield "a property, which cannot be awaited: make it a method"
        return
    for name in sorted(decorators):
        reason = _HOOKS.get(name.rpartition(".")[2])
        if reason:
            yield reason
    if function.name[:2] == "__" and function.name[-2:] == "__" and function.name not in _ENTERING:
        yield f"`{function.name}`, which Python itself calls: make it a class method that is awaited"
    base = _foreign_base(service, function)
    if base:
        yield f"may override a method of {base}, which is not in the project"


def _foreign_base(service: Service, function: Function) -> str:
    owner = function.owner
    if owner is None or function.name[:2] == "__":
        return ""
    for each in service.types.mro(owner):
        if isinstance(each, str) and not each.startswith(_HARMLESS_BASES):
            return each
    return ""


def find_passed_on(
    service: Service, functions: Collection[Function]
) -> dict[Function, list[Obstacle]]:
    """Find the functions that are given to somebody who calls them, such as `sorted(key=...)`."""
    known = frozenset(functions)
    names = {function.name for function in functions}
    found: dict[Function, list[Obstacle]] = {}
    for module in service.modules if known else ():
        for call in module.all_calls:
            for node in _passed(call.node, names):
                if call.name in _ASYNC_TOO:
                    break
                of = service.types.of(node, call.scope)
                if isinstance(of, FunctionObject) and of.function in known:
                    who = f"`{call.name}`" if call.name else "a call"
                    reason = f"passes {of.function.qualname} on to {who}, which calls it as it is"
                    found.setdefault(of.function, []).append(_at(call, reason))
    return found


def _passed(call: ast.Call, names: Collection[str]) -> Iterator[ast.expr]:
    """Give what a call is given that has one of some names."""
    for node in call.args:
        kind = node.__class__
        if kind is ast.Name or kind is ast.Attribute:
            name = node.id if isinstance(node, ast.Name) else getattr(node, "attr", "")
            if name in names:
                yield node
    for keyword in call.keywords:
        node = keyword.value
        kind = node.__class__
        if kind is ast.Name or kind is ast.Attribute:
            name = node.id if isinstance(node, ast.Name) else getattr(node, "attr", "")
            if name in names:
                yield node


def _obstacle(function: Function, line: int, reason: str) -> Obstacle:
    return Obstacle(function.module.path, line, function.qualname, reason)


def _at(call: Call, reason: str) -> Obstacle:
    return Obstacle(call.scope.module.path, call.node.lineno, within(call.scope), reason)
