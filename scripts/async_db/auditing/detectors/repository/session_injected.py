"""A repository, or the dependency that makes it, that opens a session of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator

from async_db.auditing.detectors.registry import detects
from async_db.auditing.service import Service
from async_db.auditing.yielding import begins
from async_db.findings import Finding
from async_db.target import Call, Class, FunctionObject, Instance, Iteration

RULE = "repository/session-injected"
_REPOSITORY = re.compile(r"repo(?:sitory)?$|dao$|crud", re.IGNORECASE)
_ADVICE = "let it take the session, and depend on the one of the request"


@detects(RULE)
def own_sessions(service: Service) -> Iterator[Finding]:
    """Find repositories that make sessions, and dependencies that give one with its own session."""
    sessions = service.sessions
    for module in service.modules:
        for function in module.all_functions:
            owner = function.owner
            is_repository = owner is not None and _REPOSITORY.search(owner.name)
            gives = function.is_generator and function in service.web.provided_functions
            made = [
                call
                for call in (function.calls if is_repository or gives else ())
                if sessions.factory_of(call) or _begun(service, call)
            ]
            if not made:
                continue
            if is_repository:
                yield service.finding(
                    RULE,
                    "suspected",
                    made[0],
                    f"{function.qualname} opens a session of its own: it sees nothing of what the request "
                    "has written, and takes a second connection",
                    _ADVICE,
                )
            else:
                given = service.types.result(FunctionObject(function))
                of = given.of if isinstance(given, Iteration) else None
                held = sessions.holds_session(of) and not sessions.is_session(of)
                if isinstance(of, Instance) and isinstance(of.of, Class) and held:
                    yield service.finding(
                        RULE,
                        "suspected",
                        made[0],
                        f"{function.qualname} gives {of.of.name} with a session of its own: two of "
                        "them in one request are two transactions",
                        _ADVICE,
                    )


def _begun(service: Service, call: Call) -> bool:
    return call.use == "entered" and begins(service, call)
