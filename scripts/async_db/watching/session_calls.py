"""The calls of async sessions that go on, and by which task each was begun."""

from __future__ import annotations

import asyncio
from types import CodeType
from typing import Any

from sqlalchemy.orm import Session

from .served_request import ServedRequest

Task = asyncio.Task[Any]


class CurrentCall:
    """A call that is SQLAlchemy's own code alone, and what all that happens in it has in common.

    Parameters:
        request: the number of the request.
        served: the request itself.
        task: the number of the task that calls.
        of: the name of what is called, such as ``Session.execute``.
    """

    __slots__ = ("code", "of", "place", "request", "served", "task")

    def __init__(self, request: int, served: ServedRequest | None, task: int, of: str) -> None:
        self.request = request
        self.served = served
        self.task = task
        self.of = of
        self.place: str | None = None
        """The line of the project's own that calls, once it has been asked for."""
        self.code: CodeType | None = None
        """What that line is of."""


class SessionCalls:
    """Knows of each session the tasks that are inside a call of it, as long as one is.

    That long the session is alive, and its identity its own.
    """

    def __init__(self) -> None:
        self._running: dict[int, list[tuple[int, Task]]] = {}

    def begin(self, session: Session, request: int, task: Task) -> Task | None:
        """Note that a call begins, and give another task of the request whose call goes on, if any."""
        running = self._running.get(id(session))
        if running is None:
            self._running[id(session)] = [(request, task)]
            return None
        others = (other for number, other in running if number == request and other is not task)
        found = next((other for other in others if not other.done()), None)
        running.append((request, task))
        return found

    def end(self, session: Session, task: Task) -> None:
        """Note that the last call that a task began has ended."""
        running = self._running.get(id(session))
        if running is None:
            return
        if len(running) == 1:  # its own, then
            del self._running[id(session)]
            return
        for index in reversed(range(len(running))):
            if running[index][1] is task:
                del running[index]
                break
