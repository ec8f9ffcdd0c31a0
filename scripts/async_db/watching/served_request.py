"""A request that is being served: its events so far, its sessions and its tasks."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any
from weakref import ref

from async_db.traces import Event

MAX_EVENTS = 5_000  # of one request; what comes after is not looked at


@dataclass(slots=True)
class ServedRequest:
    """What has happened so far.

    Parameters:
        test: the test that sent it.
        events: in order, and no more than `MAX_EVENTS`.
        shared: where sessions were made that another request has used, by their numbers.
        foreign: numbers of the sessions that the tests made.
        units: numbers of the sessions that are in a unit of work.
        tasks: the tasks that have done something, by their numbers.
    """

    test: str
    events: list[Event] = field(default_factory=list)
    shared: dict[int, str] = field(default_factory=dict)
    foreign: set[int] = field(default_factory=set)
    units: set[int] = field(default_factory=set)
    tasks: dict[int, ref[asyncio.Task[Any]]] = field(default_factory=dict)

    @property
    def full(self) -> bool:
        return len(self.events) >= MAX_EVENTS

    def keep(self, event: Event) -> None:
        """Note an event, unless there are too many."""
        if self.full:
            return
        self.events.append(event)
        if event.session is None:
            return
        if event.kind == "unit.begin":
            self.units.add(event.session)
        elif event.kind == "unit.end":
            self.units.discard(event.session)

    def note_task(self, number: int) -> None:
        """Note the task that runs now, whose number this is."""
        task = asyncio.current_task() if number not in self.tasks else None
        if task is not None:
            self.tasks[number] = ref(task)

    def working(self, finished: asyncio.Task[Any] | None) -> frozenset[int]:
        """Give the tasks that the request has started and that go on without it."""
        alive = ((number, task()) for number, task in self.tasks.items())
        return frozenset(
            number
            for number, task in alive
            if task is not None and task is not finished and not task.done()
        )
