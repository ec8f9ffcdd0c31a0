"""Functions that are given to somebody who calls them, and who awaits what they give."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Literal

from async_db.auditing import Service
from async_db.modernizing.steps.propagation.awaitables import is_request
from async_db.modernizing.steps.propagation.greenlets import is_thread
from async_db.modernizing.steps.propagation.lambdas import Given, is_writable
from async_db.target import Call, Function, FunctionObject, Instance, argument

Passing = Literal["thread", "own", "left"]
"""To what runs it in a thread, to a function of the target that calls it, to somebody else."""
_AWAITS = frozenset(
    {
        *("Depends", "Security", "add_task", "BackgroundTask", "middleware", "Factory", "Resource"),
        *("add_api_route", "add_api_websocket_route", "add_event_handler"),
        *("exception_handler", "add_exception_handler", "fixture", "override"),
        *("create_task", "gather", "wait_for", "ensure_future", "partial", "wraps"),
        *("tool", "resource", "prompt"),  # of an MCP server
        *("isinstance", "getattr", "setattr", "hasattr", "signature", "iscoroutinefunction"),
        *("contextmanager", "asynccontextmanager", "AsyncMock", "Callable", "Coroutine"),
    }
)
"""What takes async functions as it takes plain ones, or does not call what it is given."""
_THREADS = {
    "run_in_threadpool": 0,
    "to_thread": 0,
    "run_sync": 0,
    "run_in_executor": 1,
}
"""What runs a function in a thread, and which argument is the function."""
_SCHEDULER = "apscheduler.schedulers.asyncio.AsyncIOScheduler"
"""Which awaits async jobs, and runs plain ones in threads."""
_AWAITABLE = frozenset({"run_in_threadpool", "to_thread"})
"""What gives a coroutine as the function itself does then, whoever awaits it: `wait_for`, `gather`."""


@dataclass(frozen=True, slots=True)
class Passed:
    """A function that moves, given to a call.

    Parameters:
        call: that is given the function.
        node: the argument.
        name: the function's.
        how: by whom it is called.
        runs: the calls that run it, where it is known: of a parameter of the target's functions.
        beside: the functions that others pass there, and that are awaited too then.
        lambdas: what others write out there, which cannot be awaited as it is.
    """

    call: Call
    node: ast.expr
    name: str
    how: Passing
    runs: tuple[Call, ...] = ()
    beside: tuple[Function, ...] = ()
    lambdas: tuple[Given, ...] = ()


def passed_functions(
    service: Service, moving: Collection[Function], *, clients: bool = False
) -> Iterator[Passed]:
    """Find where functions that move are given to calls that do not await what they give.

    Parameters:
        service: the model of the target.
        moving: the functions that become async.
        clients: whether the methods of tests' clients that send requests do so, too.
    """
    names = {function.name for function in moving}
    for module in service.project.modules:
        for call in module.all_calls:
            if _name(call) in _AWAITS or _is_on_loop(service, call):
                continue
            for node in [*call.node.args, *(each.value for each in call.node.keywords)]:
                name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
                if clients and module.is_test and is_request(node, call.scope, service.types):
                    found = _run_by(service, call, node)
                    if found is not None:
                        yield Passed(call, node, name, "own", *found)
                elif name in names:
                    yield from _passed(service, call, node, moving)


def _is_on_loop(service: Service, call: Call) -> bool:
    """Say whether a call gives a job to APScheduler's scheduler on the event loop."""
    if call.name != "add_job" or not isinstance(call.node.func, ast.Attribute):
        return False
    of = service.types.of(call.node.func.value, call.scope)
    return isinstance(of, Instance) and of.of == _SCHEDULER


def _name(call: Call) -> str:
    """Give the name of what is called; of `server.tool(name="x")(function)` that is `tool`."""
    func = call.node.func
    if isinstance(func, ast.Call):
        func = func.func
        return func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")
    return call.name


def _passed(
    service: Service, call: Call, node: ast.expr, moving: Collection[Function]
) -> Iterator[Passed]:
    of = service.types.of(node, call.scope)
    if not isinstance(of, FunctionObject) or of.function not in moving or of.function.is_async:
        return
    if call.name in _THREADS and (call.name != "run_sync" or is_thread(call)):
        place = _THREADS[call.name]
        awaited = call.use == "awaited" or call.name in _AWAITABLE
        if awaited and len(call.node.args) > place and call.node.args[place] is node:
            yield Passed(call, node, of.function.name, "thread")
            return
    found = _run_by(service, call, node)
    if found is None:
        yield Passed(call, node, of.function.name, "left")
    else:
        yield Passed(call, node, of.function.name, "own", *found)


def _run_by(
    service: Service, call: Call, node: ast.expr
) -> tuple[tuple[Call, ...], tuple[Function, ...], tuple[Given, ...]] | None:
    """Give the calls of the parameter that a function of the target gets a function by.

    None, unless all that is passed there can be awaited: functions of the target, and lambdas that
    can be written as such.
    """
    runs: list[Call] = []
    beside: list[Function] = []
    lambdas: list[Given] = []
    for callee in service.calls.callees(call):
        function = callee.function
        for parameter in function.parameters:
            name = parameter.arg
            if argument(call.node, function, name) is not node:
                continue
            for site, _ in service.calls.callers(function):
                given = argument(site.node, function, name)
                of = service.types.of(given, site.scope) if given is not None else None
                if isinstance(of, FunctionObject):
                    beside.append(of.function)
                elif isinstance(given, ast.Lambda) and is_writable(
                    service, written := Given(site, given, name)
                ):
                    lambdas.append(written)
                elif given is not None and not (
                    _is_none(given) or is_request(given, site.scope, service.types)
                ):
                    return None
            for each in _calls_within(function):
                if isinstance(each.node.func, ast.Name) and each.node.func.id == name:
                    runs.append(each)
    return (tuple(runs), tuple(beside), tuple(lambdas)) if runs else None


def _calls_within(function: Function) -> Iterator[Call]:
    yield from function.calls
    for inner in function.functions:
        yield from _calls_within(inner)


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None
