"""A middleware that holds a session around the whole application."""

from __future__ import annotations

from collections.abc import Iterator

from async_db.auditing.detectors.registry import detects
from async_db.auditing.middleware import calls_of_the_rest, stands_in
from async_db.auditing.service import Service
from async_db.findings import Finding
from async_db.target import Call

RULE = "wiring/no-session-around-the-app"


@detects(RULE)
def session_in_middleware(service: Service) -> Iterator[Finding]:
    """Find `call_next` and the application itself inside a block that a session is open in."""
    for passed in calls_of_the_rest(service):
        for call in passed.scope.calls:
            inside = call.use == "entered" and stands_in(service, passed, call)
            if inside and _gives_session(service, call):
                yield service.finding(
                    RULE,
                    "proven",
                    call,
                    "every request opens a session here, those that need none too, and errors that "
                    "became responses are committed",
                    "a dependency with a session, of the operations that need one",
                )


def _gives_session(service: Service, call: Call) -> bool:
    of = service.types.entered(service.types.of(call.node, call.scope))
    return service.sessions.is_session(of)
