"""A session that several tasks of a request use at the same time."""

from __future__ import annotations

from collections.abc import Iterator

from ....findings import Finding
from ....traces import Trace
from ..registry import detects
from ..reporting import finding_at
from ..whose_line import by_a_test

RULE = "session/never-shared-between-tasks"


@detects(RULE, Trace)
def shared_between_tasks(trace: Trace) -> Iterator[Finding]:
    """Find a session that is called while another task's call of it goes on, whatever comes of it."""
    told: set[tuple[int | None, str]] = set()
    for index, event in enumerate(trace.events):
        found = (event.session, event.source)
        if event.kind != "overlap" or found in told or by_a_test(trace, event):
            continue
        told.add(found)
        yield finding_at(
            trace,
            RULE,
            "proven",
            index,
            f"several tasks of {trace.route} use one session at the same time",
            "await its queries in turn, or give each task a session of its own",
            event.session,
        )
