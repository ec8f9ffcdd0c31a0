"""A connection that is held through a wait for something else."""

from __future__ import annotations

from collections.abc import Iterator

from ....findings import Finding
from ....traces import Trace
from ...source_locations import is_test
from ..registry import detects
from ..reporting import finding_at

RULE = "session/no-network-while-connected"


@detects(RULE, Trace)
def waits_while_connected(trace: Trace) -> Iterator[Finding]:
    """Find a unit of work that keeps its connection while the request waits for something else."""
    told: set[str] = set()
    for index, event in enumerate(trace.events):
        if event.kind != "outside.start":
            continue
        end = next((e for e in trace.events[index + 1 :] if e.kind == "outside.end"), event)
        in_thread = not event.source
        place = event.source or end.source
        if place in told or is_test(place or trace.place):
            continue
        told.add(place)
        held = f"holds a connection while it waits for {event.detail}"
        if in_thread:  # what it was, nobody has seen
            took = (end.at - event.at) * 1000
            held = (
                f"holds a connection for {took:.0f} ms in which its thread waits, before this line"
            )
        yield finding_at(
            trace,
            RULE,
            "suspected" if in_thread else "proven",
            index,
            f"{trace.route} {held}",
            "wait before the unit of work begins, or between two of them",
            place=place,
        )
