"""A trace: what happened to the database while one request was served. Standard library only."""

from __future__ import annotations

from dataclasses import dataclass

from .event import Event


@dataclass(frozen=True, slots=True)
class Task:
    """An asyncio task that did something for a request.

    Parameters:
        number: as in its events.
        parent: the task that started it, if a task of the request did.
        ended: the index of the first event before which it is known to have ended, if it is.
    """

    number: int
    parent: int | None = None
    ended: int | None = None


OWN_BLOCK = "own block"
EXPLICIT = "explicit"
"""Details of a ``unit.commit``; see `Event`."""


@dataclass(frozen=True, slots=True)
class Trace:
    """One request, and what happened to the database while it was served.

    Parameters:
        number: the request's number in its recorder.
        route: such as ``POST /orders/{order_id}``; a WebSocket's begins with ``WS``.
        place: ``path:line`` of the path operation, for findings without a line of their own.
        events: all that happened, in order, up to the end of its background tasks and streams.
        test: the test that sent it.
        foreign: numbers of the sessions that the tests made.
        pools: the size of each limited pool, by its number; overflow is not counted.
        shared: numbers of the sessions that an earlier request used, with the place they were made.
        working: numbers of the tasks that the request started and that go on without it.
        tasks: those that the request started, or that did something for it.
        cut: how many of its events are not here.
    """

    number: int
    route: str
    place: str
    events: tuple[Event, ...]
    test: str = ""
    foreign: frozenset[int] = frozenset()
    pools: tuple[tuple[int, int], ...] = ()
    shared: tuple[tuple[int, str], ...] = ()
    working: frozenset[int] = frozenset()
    tasks: tuple[Task, ...] = ()
    cut: int = 0

    @property
    def is_websocket(self) -> bool:
        return self.route.startswith("WS ")

    @property
    def answered(self) -> int | None:
        """The index of the event that began the response."""
        return next((i for i, e in enumerate(self.events) if e.kind == "response.start"), None)

    @property
    def status(self) -> int | None:
        index = self.answered
        return None if index is None else int(self.events[index].detail)
