"""A request that needs two connections at once, so that a few of them wait for each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ....findings import Finding
from ....traces import Trace
from ...source_locations import is_test
from ..registry import detects
from ..reporting import finding_at
from ..task_lineage import Lineage

RULE = "pooling/one-connection-per-request"


@detects(RULE, Trace)
def second_checkout(trace: Trace) -> Iterator[Finding]:
    """Find a task that takes a connection of a limited pool while it holds one of it.

    Two units of work at once on one connection need two as soon as it is not a test's. Tasks that
    take one each are none of it, while none that waits for them holds one.
    """
    for index in _second(trace):
        yield finding_at(
            trace,
            RULE,
            "proven",
            index,
            f"{trace.route} takes a second connection while it holds one of the same pool",
            "pass the session on, or end the first unit of work before the second begins",
        )


def _second(trace: Trace) -> Iterator[int]:
    limited, lineage = dict(trace.pools), Lineage(trace)
    # What is held, the pool or the connection of a unit of work, and the task that has taken it.
    held: dict[int, tuple[int | None, int | None]] = {}
    units: dict[int, tuple[int | None, int | None]] = {}

    def holds(what: int | None, taken: Iterable[tuple[int | None, int | None]], at: int) -> bool:
        asker = trace.events[at].task
        return any(one == what and lineage.holds(task, asker, at) for one, task in taken)

    for index, event in enumerate(trace.events):
        second = False
        match event.kind:
            case "checkout" if not is_test(event.source):
                second = event.pool in limited and holds(event.pool, held.values(), index)
                held[event.connection or 0] = (event.pool, event.task)
            case "wait":
                second = holds(event.pool, held.values(), index)
            case "checkin" | "close":
                held.pop(event.connection or 0, None)
            case "unit.begin" if event.session not in trace.foreign:
                second = holds(event.connection, units.values(), index)
                units[event.session or 0] = (event.connection, event.task)
            case "unit.end":
                units.pop(event.session or 0, None)
        if second:
            yield index
