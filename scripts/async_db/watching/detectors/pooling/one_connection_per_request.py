"""A request that needs two connections at once, so that a few of them wait for each other."""

from __future__ import annotations

from collections.abc import Iterator

from ....findings import Finding
from ....traces import Trace
from ...source_locations import is_test
from ..registry import detects
from ..reporting import finding_at

RULE = "pooling/one-connection-per-request"


@detects(RULE, Trace)
def second_checkout(trace: Trace) -> Iterator[Finding]:
    """Find a request that takes a connection of a limited pool while it holds one of it.

    Two units of work at once on one connection need two as soon as it is not a test's.
    """
    limited = dict(trace.pools)
    held: dict[int, int | None] = {}
    units: dict[int, int | None] = {}
    for index, event in enumerate(trace.events):
        second = False
        match event.kind:
            case "checkout" if not is_test(event.source):
                second = event.pool in limited and event.pool in held.values()
                held[event.connection or 0] = event.pool
            case "wait":
                second = event.pool in held.values()
            case "checkin" | "close":
                held.pop(event.connection or 0, None)
            case "unit.begin" if event.session not in trace.foreign:
                second = event.connection in units.values()
                units[event.session or 0] = event.connection
            case "unit.end":
                units.pop(event.session or 0, None)
        if second:
            yield finding_at(
                trace,
                RULE,
                "proven",
                index,
                f"{trace.route} takes a second connection while it holds one of the same pool",
                "pass the session on, or end the first unit of work before the second begins",
            )
