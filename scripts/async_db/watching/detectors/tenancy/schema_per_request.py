"""A setting that stays on a pooled connection."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ....findings import Finding
from ....traces import Event, Trace
from ..registry import detects
from ..reporting import finding_at
from ..whose_line import by_a_test

RULE = "tenancy/schema-per-request"

# What stays with a connection of PostgreSQL or MySQL after the transaction that said it.
SETTING = re.compile(
    r"\s*(set\s+(?!local\b|transaction\b|constraints\b|session\s+characteristics\b)"
    r"|select\s+(pg_catalog\.)?set_config\s*\(.*,\s*false\s*\)"
    r"|select\s+(pg_catalog\.)?pg_(try_)?advisory_lock(_shared)?\b|listen\s|use\s"
    r"|create\s+(global\s+|local\s+)?temp)",
    re.IGNORECASE | re.DOTALL,
)

RESETTING = re.compile(
    r"\s*(reset\s|discard\s|unlisten\s|select\s+(pg_catalog\.)?pg_advisory_unlock"
    r"|drop\s+table)",
    re.IGNORECASE,
)


@detects(RULE, Trace)
def state_left_on_connection(trace: Trace) -> Iterator[Finding]:
    """Find what a request sets on a pooled connection and leaves there for the next one."""
    pending: dict[int, int] = {}
    left: dict[int, int] = {}
    for index, event in enumerate(trace.events):
        connection = event.connection
        if event.kind == "unit.commit":
            connection = _connection_of(trace.events[:index], event.session)
        if connection is None:
            continue
        match event.kind:
            case "statement" if SETTING.match(event.detail):
                if not by_a_test(trace, event):
                    pending[connection] = index
            case "statement" if RESETTING.match(event.detail):
                pending.pop(connection, None)
                left.pop(connection, None)
            case "commit" | "unit.commit" if connection in pending:
                left[connection] = pending.pop(connection)
            case "rollback":
                pending.pop(connection, None)
            case "close":
                left.pop(connection, None)
    for index in left.values():
        yield finding_at(
            trace,
            RULE,
            "proven",
            index,
            f"{trace.route} sets something on a pooled connection, and the next checkout has it",
            "set it for the transaction only: set_config(..., true) or SET LOCAL",
            trace.events[index].session,
        )


def _connection_of(events: tuple[Event, ...], session: int | None) -> int | None:
    """Give the connection that a session is at work on."""
    used = (e.connection for e in reversed(events) if e.session == session and e.connection)
    return next(used, None)
