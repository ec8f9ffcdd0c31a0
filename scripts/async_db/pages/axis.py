"""The axis of a picture: where along it a moment is, and which moments are labelled."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, floor

from .timeline import Timeline

_GAP_SHARE = 14.0  # percent of the axis that a stretch without events is drawn as
_GAP_LEAST = 3.0  # milliseconds; a shorter stretch is never shortened
_TICKS_APART = 14.0  # percent, so that their labels do not touch where a picture is narrow


@dataclass(frozen=True, slots=True)
class Scale:
    """Where along a picture a moment is, in percent.

    Parameters:
        length: the milliseconds of the axis.
        gaps: stretches in which nothing happens and that are drawn shortened.
    """

    length: float
    gaps: tuple[tuple[float, float], ...] = ()

    def __call__(self, at: float) -> float:
        shown = self.length - sum(end - start for start, end in self.gaps)
        if shown <= 0:
            return 0.0
        share = (100.0 - _GAP_SHARE * len(self.gaps)) / shown
        place = min(max(at, 0.0), self.length) * share
        for start, end in self.gaps:
            inside = min(max(at - start, 0.0), end - start)
            place += inside * (_GAP_SHARE / (end - start) - share)
        return min(max(place, 0.0), 100.0)

    def ticks(self) -> list[float]:
        """Give round moments that are far enough apart to be labelled."""
        shown = self.length - sum(end - start for start, end in self.gaps)
        if shown <= 0:
            return [0.0]
        step = next(step for step in _steps() if shown / step <= 5)
        taken = [self((start + end) / 2) for start, end in self.gaps]
        ticks: list[float] = []
        for start, end in self._stretches():
            for number in range(ceil(start / step), floor(end / step) + 1):
                place = self(number * step)
                if all(abs(place - other) >= _TICKS_APART for other in taken):
                    ticks.append(number * step)
                    taken.append(place)
        return ticks

    def _stretches(self) -> Iterator[tuple[float, float]]:
        """Give what lies between the gaps."""
        ends = [0.0, *(moment for gap in self.gaps for moment in gap), self.length]
        return zip(ends[::2], ends[1::2], strict=True)


def scale_of(timelines: Sequence[Timeline]) -> Scale:
    """Give one scale for pictures that stand side by side."""
    length = max((timeline.length for timeline in timelines), default=0.0)
    times = sorted({0.0, length, *(line.at for each in timelines for line in each.lines)})
    gaps = [
        (start, end)
        for start, end in pairwise(times)
        if end - start > max(0.4 * length, _GAP_LEAST) and end - start < length
    ]
    return Scale(length, tuple(gaps))


def _steps() -> Iterator[float]:
    for power in range(-6, 10):
        size = 10.0**power
        yield from (size, 2 * size, 5 * size)


def percent(place: float) -> str:
    return f"{place:.2f}".rstrip("0").rstrip(".") + "%"
