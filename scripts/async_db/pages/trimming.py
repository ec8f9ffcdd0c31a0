"""What is left out of a crowded picture."""

from __future__ import annotations

from dataclasses import replace

from .timeline import Bar, Mark, Timeline

MAX_DRAWN = 120
"""How many bars and marks a picture has at most."""
_LESS_THAN_ALL = frozenset({"flush", "session", "load", "connect", "close", "statement"})


def trimmed(timeline: Timeline) -> tuple[Timeline, int]:
    """Leave out of a crowded picture what says least, from its middle, and say how much."""
    items: list[tuple[int, str, Bar | Mark]] = [
        *((bar.first, bar.kind, bar) for lane in timeline.lanes for bar in lane.bars),
        *((mark.index, mark.kind, mark) for lane in timeline.lanes for mark in lane.marks),
    ]
    if len(items) <= MAX_DRAWN:
        return timeline, 0
    items.sort(key=lambda item: item[0])
    lesser = [item for item in items if item[1] in _LESS_THAN_ALL]
    greater = [item for item in items if item[1] not in _LESS_THAN_ALL]
    greater = _ends_of(greater, MAX_DRAWN)
    lesser = _ends_of(lesser, MAX_DRAWN - len(greater))
    kept = {id(item) for _, _, item in (*greater, *lesser)}
    lanes = tuple(
        replace(
            lane,
            bars=tuple(bar for bar in lane.bars if id(bar) in kept),
            marks=tuple(mark for mark in lane.marks if id(mark) in kept),
        )
        for lane in timeline.lanes
    )
    return replace(timeline, lanes=lanes), len(items) - len(kept)


def _ends_of(
    items: list[tuple[int, str, Bar | Mark]], limit: int
) -> list[tuple[int, str, Bar | Mark]]:
    if len(items) <= limit:
        return items
    half = limit // 2
    return [*items[: limit - half], *(items[-half:] if half else [])]
