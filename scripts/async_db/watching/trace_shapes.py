"""What makes a trace look like another, whatever its numbers, its times and what it asked for."""

from __future__ import annotations

from ..traces import Trace

MAX_SHAPES = 10_000


def shape_of(trace: Trace) -> int | None:
    """Give a number that traces share in which all detectors see the same, if that can be told.

    Of what they see, a trace's numbers tell only which are equal, its times how long it took, and
    the parameters of its queries how sure it is.
    """
    if trace.foreign or trace.shared or trace.working or not trace.events:
        return None
    kinds, _, _, *numbers, details, writes, _, sync, sources = zip(*trace.events, strict=True)
    anew = [_Ordinals() for _ in numbers]
    numbered = [tuple(map(new.__getitem__, column)) for new, column in zip(anew, numbers, strict=True)]
    tasks, pools, *_ = anew
    related = [(tasks[each.number], tasks[each.parent], each.ended) for each in trace.tasks]
    limited = [pools.get(number) for number, _ in trace.pools]
    told = (kinds, details, writes, sync, sources)
    return hash((trace.route, trace.place, *told, *numbered, *related, *limited))


class _Ordinals(dict[int | None, int | None]):
    """Numbers anew, in the order in which they are met; nothing stays nothing."""

    def __init__(self) -> None:
        self[None] = None

    def __missing__(self, number: int | None) -> int:
        self[number] = found = len(self)
        return found


class SilentShapes:
    """Remembers the shapes of traces in which nothing was found: a service has few, often met."""

    def __init__(self) -> None:
        self._known: set[int] = set()

    def knows(self, shape: int | None) -> bool:
        return shape in self._known

    def add(self, shape: int | None) -> None:
        if shape is not None and len(self._known) < MAX_SHAPES:
            self._known.add(shape)
