"""A request that is being served: its events so far, its sessions and its tasks."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any, Final
from weakref import ref

from ..traces import Event, Kind, Task
from .route_sampling import SampledRoute
from .source_locations import is_test

MAX_EVENTS = 5_000  # of one request; of what comes after, only how it ends is looked at
ENDINGS: frozenset[Kind] = frozenset(
    {
        *("commit", "rollback", "unit.commit", "unit.rollback", "unit.end", "checkin", "close"),
        *("response.start", "response.end", "request.end", "error", "cancel"),
    }
)


TAKING: frozenset[Kind] = frozenset({"checkout", "unit.begin", "wait"})
# What is kept and changes nothing else.
PLAIN: Final[frozenset[Kind]] = frozenset(
    {"begin", "executed", "commit", "flush", "unit.commit", "response.end", "session"}
)


@dataclass(slots=True)
class ServedRequest:
    """What has happened so far.

    Parameters:
        test: the test that sent it.
        events: in order; beyond `MAX_EVENTS` only those that end something, as many again.
        left_out: how many are not among them.
        shared: where sessions were made that another request has used, by their numbers.
        foreign: numbers of the sessions that the tests made.
        pools: the sizes of the limited pools that it has used, by their numbers.
        units: numbers of the sessions that are in a unit of work of the service's. One that a test
            has opened is, from where a line of the service uses it up to the response: what closes
            the service's own by then does not close a test's.
        alive: the tasks that have done something and are not known to have ended, by their numbers.
        parents: which task started which, by their numbers.
        ended: before which event each task is known to have ended.
        answered: whether the response has begun.
        main: the task of its operation, once that has begun.
        calls: how many calls of sessions that task is in.
        stand_in: the task that does what its operation would do by itself, and waits for.
        over: whether it has been looked at, and nothing more belongs to it.
        route: of its route, how many requests are watched, where not all are.
    """

    test: str
    events: list[Event] = field(default_factory=list)
    left_out: int = 0
    shared: dict[int, str] = field(default_factory=dict)
    foreign: set[int] = field(default_factory=set)
    pools: dict[int, int] = field(default_factory=dict)
    units: set[int] = field(default_factory=set)
    alive: dict[int, ref[asyncio.Task[Any]]] = field(default_factory=dict)
    parents: dict[int, int | None] = field(default_factory=dict)
    ended: dict[int, int] = field(default_factory=dict)
    answered: bool = False
    main: asyncio.Task[Any] | None = None
    calls: int = 0
    stand_in: asyncio.Task[Any] | None = None
    over: bool = False
    route: SampledRoute | None = None

    def keep(self, event: Event, kind: Kind) -> None:
        """Note an event, unless there are too many."""
        kept = len(self.events)
        if kind in TAKING:
            self._note_ends()
        if kept < MAX_EVENTS or (kept < 2 * MAX_EVENTS and kind in ENDINGS):
            self.events.append(event)
        else:
            self.left_out += 1
        if kind == "response.start":
            self.answered = True
            self.units -= self.foreign
        elif kind == "unit.end":
            self.units.discard(event.session or 0)
        elif kind in {"unit.begin", "statement"} and event.session is not None:
            theirs = event.session in self.foreign
            if not theirs or not (self.answered or is_test(event.source)):
                self.units.add(event.session)

    @property
    def with_database(self) -> bool:
        """Whether it has used SQLAlchemy."""
        return any(event.connection or event.session for event in self.events)

    def note_pool(self, number: int, size: int) -> None:
        """Note the size of a pool that it uses."""
        if len(self.pools) < MAX_EVENTS:
            self.pools[number] = size

    def note_shared(self, session: int, place: str) -> None:
        """Note where a session was made that another request has used."""
        if len(self.shared) < MAX_EVENTS:
            self.shared[session] = place

    def note_start(self, number: int, parent: int | None) -> None:
        """Note that a task has started another."""
        if len(self.parents) < MAX_EVENTS:
            self.parents[number] = parent

    def _note_ends(self) -> None:
        ended = [
            n for n, task in list(self.alive.items()) if (known := task()) is None or known.done()
        ]
        for number in ended:
            del self.alive[number]
            if len(self.ended) < MAX_EVENTS:  # no event that is kept asks for more
                self.ended[number] = len(self.events)

    def known_tasks(self) -> tuple[Task, ...]:
        """Give the tasks that were started by the request, or did something for it."""
        numbers = sorted({*self.ended, *self.alive, *self.parents})
        return tuple(Task(n, self.parents.get(n), self.ended.get(n)) for n in numbers)

    def note_task(self, number: int) -> None:
        """Note the task that runs now, whose number this is."""
        task = asyncio.current_task()
        if task is not None:
            self.alive[number] = ref(task)

    def working(self, finished: asyncio.Task[Any] | None) -> frozenset[int]:
        """Give the tasks that the request has started and that go on without it."""
        alive = ((number, task()) for number, task in self.alive.items())
        return frozenset(
            number
            for number, task in alive
            if task is not None and task is not finished and not task.done()
        )
