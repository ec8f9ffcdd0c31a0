"""A long trace, cut to what a picture of it has to show. Standard library only."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import replace

from .event import Kind
from .trace import Task, Trace

MOST_EVENTS = 400
AROUND = 20  # events before and after each moment
# What bars begin and end with: without them, what is left could not be drawn.
FRAME: frozenset[Kind] = frozenset(
    {
        *("checkout", "checkin", "close", "unit.begin", "unit.end", "begin", "commit", "rollback"),
        *("response.start", "response.end", "request.end", "cancel", "error"),
    }
)


def cut(
    trace: Trace, moments: Iterable[int], most: int = MOST_EVENTS
) -> tuple[Trace, Mapping[int, int]]:
    """Keep of a trace the moments and what is around them, then how it began and ended.

    Parameters:
        trace: the request; its `cut` says afterwards how many events are gone.
        moments: the indexes of events that must stay.
        most: how many events to keep.

    Returns:
        What is kept, and where each moment that was asked for is in it.
    """
    wanted = [moment for moment in dict.fromkeys(moments) if 0 <= moment < len(trace.events)]
    if len(trace.events) <= most:
        return trace, {moment: moment for moment in wanted}
    kept = sorted(_chosen(trace, wanted, most))
    events = tuple(trace.events[index] for index in kept)
    where = {index: number for number, index in enumerate(kept)}
    gone = trace.cut + len(trace.events) - len(events)
    return (
        replace(trace, events=events, cut=gone, tasks=_tasks(trace, kept)),
        {moment: where[moment] for moment in wanted if moment in where},
    )


def _chosen(trace: Trace, moments: Iterable[int], most: int) -> set[int]:
    events = range(len(trace.events))
    chosen: set[int] = set()
    for index in (*moments, *_around(moments), events[-1], *_frame(trace, moments), *events):
        if len(chosen) == most:
            break
        if index in events:
            chosen.add(index)
    return chosen


def _around(moments: Iterable[int]) -> Iterable[int]:
    """Give what is next to any moment first."""
    for distance in range(1, AROUND + 1):
        for moment in moments:
            yield from (moment - distance, moment + distance)


def _frame(trace: Trace, moments: Iterable[int]) -> list[int]:
    """Give what bars begin and end with, the nearest to a moment first."""
    near = [*moments] or [0]
    frame = (index for index, event in enumerate(trace.events) if event.kind in FRAME)
    return sorted(frame, key=lambda index: min(abs(index - moment) for moment in near))


def _tasks(trace: Trace, kept: list[int]) -> tuple[Task, ...]:
    """Say before which of the events that are left each task has ended."""
    return tuple(
        task if task.ended is None else replace(task, ended=bisect_left(kept, task.ended))
        for task in trace.tasks
    )
