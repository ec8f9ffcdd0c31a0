"""A commit that runs when the operation failed, too."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from async_db.auditing.detectors.registry import detects
from async_db.auditing.service import Service
from async_db.auditing.yielding import session_generators, tries_around_yield
from async_db.findings import Finding

RULE = "session/roll-back-on-any-error"


@detects(RULE)
def commits_in_finally(service: Service) -> Iterator[Finding]:
    """Find `finally: commit()` around the `yield` of a generator that gives a session."""
    for function in session_generators(service):
        final = [
            each
            for statement in tries_around_yield(service, function)
            for last in statement.finalbody
            for each in ast.walk(last)
        ]
        for call in function.calls:
            use = service.sessions.use_of(call)
            if call.node in final and use is not None and use.method == "commit":
                yield service.finding(
                    RULE,
                    "proven",
                    call,
                    f"{function.qualname} commits in `finally`, so what a failed operation wrote is "
                    "stored too",
                    "commit after the `yield`, outside of `finally`, and roll back on any error",
                )
