"""A limit of time around `call_next`, which ends the wait and not the operation."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from async_db.auditing.detectors.registry import detects
from async_db.auditing.middleware import calls_of_the_rest, stands_in
from async_db.auditing.service import Service
from async_db.findings import Finding
from async_db.target import Call, Function, enclosing_function

RULE = "session/close-on-cancel"
_BLOCKS = frozenset(
    {
        "asyncio.timeout",
        "asyncio.timeout_at",
        "anyio.fail_after",
        "anyio.move_on_after",
        "async_timeout.timeout",
    }
)
_WAITS = "asyncio.wait_for"
_BASE = "starlette.BaseHTTPMiddleware"


@detects(RULE)
def only_the_wait_ends(service: Service) -> Iterator[Finding]:
    """Find limits around the rest of the application in the middleware that runs it as a task."""
    if not service.sessions.uses:
        return
    for passed in calls_of_the_rest(service):
        function = enclosing_function(passed.scope)
        if passed.name != "call_next" or function is None:
            continue
        limit = _limit(service, passed)
        if limit:
            yield service.finding(
                RULE,
                "proven" if _runs_a_task(service, function) else "suspected",
                passed,
                f"`{limit}` ends only the wait for `call_next`, which runs in a task of its own: the "
                "client has its answer, and the operation goes on and commits",
                "a limit in plain ASGI middleware, around `await self.app(scope, receive, send)`",
            )


def _limit(service: Service, passed: Call) -> str:
    """Name the limit that a call stands in."""
    for call in passed.scope.calls:
        name = service.library_name(call)
        if call.use == "entered" and name in _BLOCKS and stands_in(service, passed, call):
            return name
        if name == _WAITS and any(each is passed.node for each in call.node.args):
            return name
    return ""


def _runs_a_task(service: Service, function: Function) -> bool:
    owner = function.owner
    if owner is not None:
        return _BASE in service.types.mro(owner)
    for decorator in function.node.decorator_list:
        called = decorator.func if isinstance(decorator, ast.Call) else decorator
        if isinstance(called, ast.Attribute) and called.attr == "middleware":
            of = service.types.of(called.value, function.parent or function)
            return service.web.is_router(of)
    return False
