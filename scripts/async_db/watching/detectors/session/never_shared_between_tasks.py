"""A session that several tasks of a request use."""

from __future__ import annotations

from collections.abc import Iterator

from ....findings import Finding
from ....traces import Trace
from ..registry import detects
from ..reporting import finding_at

RULE = "session/never-shared-between-tasks"


@detects(RULE, Trace)
def shared_between_tasks(trace: Trace) -> Iterator[Finding]:
    """Find a session that several tasks use: seen to collide, or seen to take turns."""
    collision = next(
        (
            index
            for index, event in enumerate(trace.events)
            if event.kind == "error"
            and any(sign in event.detail for sign in ("concurrent operations", "can't be called"))
        ),
        None,
    )
    if collision is not None:
        yield finding_at(
            trace,
            RULE,
            "proven",
            collision,
            f"several tasks of {trace.route} collide in one session",
            "await its queries in turn, or give each task a session of its own",
        )
        return
    tasks: dict[int, set[int]] = {}
    for index, event in enumerate(trace.events):
        if event.session is None or event.session in trace.foreign:
            continue
        # SQLAlchemy ends a session in a task of its own; what the service runs has a line of its.
        if event.kind == "statement" and event.task is not None and event.source:
            users = tasks.setdefault(event.session, set())
            users.add(event.task)
            if len(users) == 2:
                yield finding_at(
                    trace,
                    RULE,
                    "suspected",
                    index,
                    f"several tasks of {trace.route} use one session",
                    "await its queries in turn, or give each task a session of its own",
                    event.session,
                )
                users.clear()
