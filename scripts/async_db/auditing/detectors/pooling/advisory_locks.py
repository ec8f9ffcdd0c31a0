"""An advisory lock of the connection, which outlives the transaction and the session."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from async_db.auditing.detectors.registry import detects
from async_db.auditing.service import Service
from async_db.auditing.sql_texts import sql_arguments
from async_db.findings import Finding
from async_db.target import Call, strings_in

RULE = "pooling/pre-ping"
_LOCKS = ("pg_advisory_lock", "pg_try_advisory_lock")
_NAMES = (*_LOCKS, *(f"{name}_shared" for name in _LOCKS))
_TAKES = re.compile(r"\bpg_(?:try_)?advisory_lock(?:_shared)?\s*\(", re.IGNORECASE)
_GIVES_BACK = "pg_advisory_unlock"


@detects(RULE)
def kept_by_the_connection(service: Service) -> Iterator[Finding]:
    """Find locks that a connection keeps when it goes back to the pool."""
    for call in _taking(service):
        gives_back = _GIVES_BACK in call.scope.module.text
        yield service.finding(
            RULE,
            "review" if gives_back else "suspected",
            call,
            "the lock is the connection's: a rollback leaves it, and the pool hands the connection to "
            "the next one with it"
            + (", wherever the unlocking is not reached" if gives_back else ""),
            "pg_advisory_xact_lock, which ends with its transaction",
        )


def _taking(service: Service) -> Iterator[Call]:
    for call in service.calls_named(*_NAMES):
        if service.library_name(call).startswith("sqlalchemy.func."):
            yield call
    for call, node, _ in sql_arguments(service):
        # What `text(...)` is given stands in an `execute` too, and is told once.
        own = not isinstance(node, ast.Call)
        if own and any(_TAKES.search(text) for text in strings_in(node)):
            yield call
