"""What makes a trace look like another, whatever its numbers, its times and what it asked for."""

from __future__ import annotations

from collections.abc import Hashable

from ..traces import Trace

MAX_SHAPES = 10_000


def shape_of(trace: Trace) -> int | None:
    """Give a number that traces share in which all detectors see the same, if that can be told.

    Of what they see, a trace's numbers tell only which are equal, its times how long it took, and
    the parameters of its queries how sure it is.
    """
    if trace.foreign or trace.shared or trace.working:
        return None
    ordinals: dict[tuple[int, int | None], int] = {}

    def ordinal(kind: int, number: int | None) -> int | None:
        return number and ordinals.setdefault((kind, number), len(ordinals))

    events: list[Hashable] = []
    for event in trace.events:
        events += (
            *(event.kind, event.detail, event.source, event.writes, event.sync),
            *(ordinal(0, event.task), ordinal(1, event.pool)),
            *(ordinal(2, event.connection), ordinal(3, event.session)),
        )
    tasks = [(ordinal(0, each.number), ordinal(0, each.parent), each.ended) for each in trace.tasks]
    limited = [ordinals.get((1, number)) for number, _ in trace.pools]
    return hash((trace.route, trace.place, trace.test, *events, *tasks, *limited))


class SilentShapes:
    """Remembers the shapes of traces in which nothing was found: a service has few, often met."""

    def __init__(self) -> None:
        self._known: set[int] = set()

    def knows(self, shape: int | None) -> bool:
        return shape in self._known

    def add(self, shape: int | None) -> None:
        if shape is not None and len(self._known) < MAX_SHAPES:
            self._known.add(shape)
