"""A request that waits for a connection, because requests hold all of the pool."""

from __future__ import annotations

from collections.abc import Iterator

from ....findings import Finding
from ....traces import Trace
from ...source_locations import is_test
from ..registry import detects
from ..reporting import finding_at

RULE = "pooling/watch-the-pool"


@detects(RULE, Trace)
def waited_for_a_connection(trace: Trace) -> Iterator[Finding]:
    """Find a request that had to wait for a connection, which others held."""
    held: dict[int, int | None] = {}
    for index, event in enumerate(trace.events):
        match event.kind:
            case "checkout" if not is_test(event.source):
                held[event.connection or 0] = event.pool
            case "checkin" | "close":
                held.pop(event.connection or 0, None)
            case "wait" if event.pool not in held.values():
                ends = (e for e in trace.events[index + 1 :] if e.pool == event.pool)
                ended = next((e for e in ends if e.task == event.task), trace.events[-1])
                refused = ended.kind == "error"
                milliseconds = (ended.at - event.at) * 1000
                yield finding_at(
                    trace,
                    RULE,
                    "proven",
                    index,
                    f"{trace.route} waits {milliseconds:.0f} ms for a connection"
                    f"{' and gets none' if refused else ''}: requests hold all of the pool",
                    "hold connections for a shorter time, or size the pool for the load",
                )
