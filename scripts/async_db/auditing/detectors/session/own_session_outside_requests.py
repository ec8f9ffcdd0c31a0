"""The request's session in a background task, which runs when that session is closed."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from async_db.auditing.detectors.registry import detects
from async_db.auditing.service import Service
from async_db.findings import Finding
from async_db.target import Call, libraries

RULE = "session/own-session-outside-requests"


@detects(RULE)
def passed_to_the_background(service: Service) -> Iterator[Finding]:
    """Find background tasks that are given a request's session, or an object that keeps one."""
    for call in service.calls_named("add_task"):
        receiver = getattr(call.node.func, "value", None)
        of = service.types.of(receiver, call.scope) if receiver is not None else None
        if service.types.is_a(of, libraries.BACKGROUND):
            yield from _given(service, call)
    for call in service.library_calls("starlette.BackgroundTask"):
        yield from _given(service, call)


def _given(service: Service, call: Call) -> Iterator[Finding]:
    given = [*call.node.args[1:], *(each.value for each in call.node.keywords)]
    for node in given:
        of = service.types.of(node, call.scope)
        if not service.sessions.holds_session(of):
            continue
        own = service.from_request(node, call.scope)
        yield service.finding(
            RULE,
            "proven" if own and service.sessions.is_session(of) else "suspected",
            call,
            f"`{ast.unparse(node)}` goes to a background task, which runs when the request's session "
            "is closed: what it writes is lost, or its connection leaks",
            "pass the id, and let the task open a session of its own from the factory",
        )
        return
