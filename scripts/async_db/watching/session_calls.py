"""The calls of async sessions that go on, and by which task each was begun."""

from __future__ import annotations

import asyncio
from typing import Any

from sqlalchemy.orm import Session

Task = asyncio.Task[Any]


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
        running = self._running.get(id(session), [])
        for index in reversed(range(len(running))):
            if running[index][1] is task:
                del running[index]
                break
        if not running:
            self._running.pop(id(session), None)
