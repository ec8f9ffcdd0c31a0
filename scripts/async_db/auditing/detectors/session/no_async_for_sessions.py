"""A loop over a generator that gives a session: nobody closes it when the block ends otherwise."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from async_db.auditing.detectors.registry import detects
from async_db.auditing.service import Service
from async_db.auditing.sessions import within
from async_db.findings import Finding
from async_db.target import Call, FunctionObject, Iteration

RULE = "session/no-async-for-sessions"
_ADVICE = (
    "make the generator an @asynccontextmanager and enter it with `async with`; a dependency depends "
    "on it by Depends"
)


@detects(RULE)
def loops_over_sessions(service: Service) -> Iterator[Finding]:
    """Find loops over such generators, and `next()` of them."""
    for module in service.modules:
        for call in module.all_calls:
            if call.use == "iterated" and _generates_session(service, call.node, call):
                yield service.finding(
                    RULE,
                    "proven",
                    call,
                    f"{within(call.scope)} loops over `{call.name}` to get a session: an error, "
                    "`return` or `break` inside does not reach it, so nothing is rolled back or closed",
                    _ADVICE,
                )
            elif call.name in ("next", "anext") and any(
                _generates_session(service, each, call) for each in call.node.args[:1]
            ):
                yield service.finding(
                    RULE,
                    "suspected",
                    call,
                    f"{within(call.scope)} takes a session out of a generator, whose exit code runs "
                    "when the garbage collector comes",
                    _ADVICE,
                )


def _generates_session(service: Service, node: ast.expr, call: Call) -> bool:
    """Say whether an expression calls a generator function of the service that yields a session."""
    if not isinstance(node, ast.Call):
        return False
    called = service.types.of(node.func, call.scope)
    given = service.types.of(node, call.scope)
    return (
        isinstance(called, FunctionObject)
        and called.function.is_generator
        and isinstance(given, Iteration)
        and service.sessions.is_session(given.of)
    )
