"""What happened to the database during one test. Standard library only."""

from __future__ import annotations

from dataclasses import dataclass

from async_db.findings import Finding
from async_db.traces.event import Event
from async_db.traces.trace import Trace


@dataclass(frozen=True, slots=True)
class Recording:
    """What happened during one test.

    Parameters:
        requests: what was served, in the order in which it ended.
        outside: what happened outside of any request, such as a test's own look at the database.
        findings: what `observe` reports of it.
    """

    requests: tuple[Trace, ...] = ()
    outside: tuple[Event, ...] = ()
    findings: tuple[Finding, ...] = ()
