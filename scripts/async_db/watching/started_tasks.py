"""The tasks that requests start: by which task and at which line each was."""

from __future__ import annotations

import asyncio
from typing import Any
from weakref import WeakKeyDictionary, ref

Task = asyncio.Task[Any]


class StartedTasks:
    """Knows tasks from their start on, and keeps none alive."""

    def __init__(self) -> None:
        self._started: WeakKeyDictionary[Task, tuple[ref[Task] | None, str]] = WeakKeyDictionary()

    def add(self, task: Task, parent: Task | None, place: str) -> None:
        """Note a task that has just been started.

        Parameters:
            task: which.
            parent: the task that has started it, if a task has.
            place: ``path:line`` of the project's own code that did, if any.
        """
        self._started[task] = (ref(parent) if parent else None, place)

    def line_of_the_younger(self, one: Task, other: Task) -> str:
        """Give the line that started one of two tasks: the one that the other is waiting for.

        Of two that have the same parent, the first.
        """
        younger = other if one in self._ancestors(other) else one
        return self._started.get(younger, (None, ""))[1]

    def _ancestors(self, task: Task) -> list[Task]:
        found: list[Task] = []
        parent: Task | None = task
        while parent is not None:
            known = self._started.get(parent, (None, ""))[0]
            parent = known() if known else None
            if parent is not None:
                found.append(parent)
        return found
