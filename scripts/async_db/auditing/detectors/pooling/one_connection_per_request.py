"""A second session inside a request, for which the pool may have no connection left."""

from __future__ import annotations

from collections.abc import Iterator

from async_db.auditing.detectors.registry import detects
from async_db.auditing.service import Service
from async_db.auditing.yielding import begins
from async_db.findings import Finding
from async_db.target import Call, Function

RULE = "pooling/one-connection-per-request"


@detects(RULE)
def second_sessions(service: Service) -> Iterator[Finding]:
    """Find operations that are given a session, or what keeps one, and open another."""
    for function, route in service.web.route_functions.items():
        given = _given(service, function)
        if not given or not service.serves(function.module):
            continue
        for call in function.calls:
            if call.use == "entered" and _opens(service, call):
                yield service.finding(
                    RULE,
                    "suspected",
                    call,
                    f"{route.name} has a session by `{given}` and opens another one: two connections for a "
                    "request, and under load each waits for the other's",
                    "use the session that is there, or open all units one after the other and take none "
                    "from a dependency",
                )
                break


def _given(service: Service, function: Function) -> str:
    for dependency in service.web.dependencies_of(function):
        of = service.types.provided(dependency.target)
        if service.sessions.holds_session(of):
            return dependency.parameter
    return ""


def _opens(service: Service, call: Call) -> bool:
    if service.sessions.factory_of(call):
        return True
    of = service.types.entered(service.types.of(call.node, call.scope))
    return begins(service, call) and service.sessions.is_session(of)
