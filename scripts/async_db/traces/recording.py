"""What happened to the database during one test. Standard library only."""

from __future__ import annotations

from dataclasses import dataclass

from ..findings import Finding
from .event import Event
from .trace import Trace


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
