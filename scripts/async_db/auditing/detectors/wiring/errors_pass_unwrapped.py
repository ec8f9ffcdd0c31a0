"""A session manager that turns the errors of its block into others, or swallows them."""

from __future__ import annotations

from collections.abc import Iterator

from async_db.auditing.detectors.registry import detects
from async_db.auditing.handlers import wrong_handlers
from async_db.auditing.service import Service
from async_db.auditing.yielding import session_generators
from async_db.findings import Finding

RULE = "wiring/errors-pass-unwrapped"


@detects(RULE)
def errors_wrapped(service: Service) -> Iterator[Finding]:
    """Find `except Exception` in context managers that give a session, and raise another error."""
    for function in session_generators(service):
        if function in service.web.provided_functions:
            continue
        for handler, what in wrong_handlers(service, function):
            yield service.finding(
                RULE,
                "proven" if what == "raises another error" else "suspected",
                (function.module, handler),
                f"{function.qualname} catches every error of its block and {what}",
                "roll back and `raise`: what came in goes out",
            )
