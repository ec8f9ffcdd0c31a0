"""A session dependency that turns the errors of operations into others, or swallows them."""

from __future__ import annotations

from collections.abc import Iterator

from async_db.auditing.detectors.registry import detects
from async_db.auditing.handlers import wrong_handlers
from async_db.auditing.service import Service
from async_db.auditing.yielding import session_generators
from async_db.findings import Finding

RULE = "session/let-http-errors-through"


@detects(RULE)
def errors_changed(service: Service) -> Iterator[Finding]:
    """Find `except Exception` around a dependency's `yield` that does not raise the same again."""
    for function in session_generators(service):
        if function not in service.web.provided_functions:
            continue
        for handler, what in wrong_handlers(service, function):
            outcome = (
                "a 404 of the operation becomes a 500"
                if what == "raises another error"
                else "the operation's error is lost, and FastAPI answers 500"
            )
            yield service.finding(
                RULE,
                "proven",
                (function.module, handler),
                f"{function.qualname} catches every error of the operation and {what}: {outcome}",
                "roll back and `raise`, or leave it to `async with sessions.begin()`",
            )
