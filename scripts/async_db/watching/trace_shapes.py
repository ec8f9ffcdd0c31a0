"""What makes a trace look like another, whatever its numbers, its times and what it asked for."""

from __future__ import annotations

from .served_request import ServedRequest

MAX_SHAPES = 10_000


def shape_of(route: str, place: str, served: ServedRequest) -> int | None:
    """Give a number that requests share in which all detectors see the same, if that can be told.

    Of what they see, a trace's numbers tell only which are equal, its times how long it took, and
    the parameters of its queries how sure it is.

    Parameters:
        route: of the request.
        place: of its operation.
        served: the request, which is over and has left no task at work.
    """
    if served.foreign or served.shared or not served.events:
        return None
    columns = zip(*served.events, strict=True)
    kinds, _, _, tasks, pools, connections, sessions, details, writes, _, sync, sources = columns
    task, pool = _Ordinals(), _Ordinals()
    connection, session = _Ordinals().__getitem__, _Ordinals().__getitem__
    told = (
        *(route, place, kinds, details, writes, sync, sources),
        tuple(map(task.__getitem__, tasks)),
        tuple(map(pool.__getitem__, pools)),
        tuple(map(connection, connections)),
        tuple(map(session, sessions)),
        tuple([(task[each], task[parent]) for each, parent in served.parents.items()]),
        tuple([(task[each], before) for each, before in served.ended.items()]),
        tuple([(pool[each], size) for each, size in served.pools.items()]),
    )
    return hash(told)


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
