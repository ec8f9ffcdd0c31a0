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
        self._stand_ins: WeakKeyDictionary[Task, ref[Task]] = WeakKeyDictionary()

    def add(self, task: Task, parent: Task | None, place: str, *, stands_in: bool = False) -> None:
        """Note a task that has just been started.

        Parameters:
            task: which.
            parent: the task that has started it, if a task has.
            place: ``path:line`` of the project's own code that did, if any.
            stands_in: whether it does what its parent would do by itself, if it could not be
                cancelled meanwhile, as the closing of a session.
        """
        self._started[task] = (ref(parent) if parent else None, place)
        if stands_in and parent is not None:
            self._stand_ins[task] = ref(parent)

    def line_of(self, task: Task) -> str:
        """Give the line that started a task, if it is known."""
        return self._started.get(task, (None, ""))[1]

    def principal(self, task: Task) -> Task:
        """Give the task for which one stands in; most stand for themselves."""
        known = self._stand_ins.get(task)
        return (known() or task) if known else task

    def line_of_the_younger(self, one: Task, other: Task) -> str:
        """Give the line that started one of two tasks: the one that the other is waiting for.

        Of two that have the same parent, the first.
        """
        one, other = self.principal(one), self.principal(other)
        younger = other if one in self._ancestors(other) else one
        return self.line_of(younger)

    def _ancestors(self, task: Task) -> list[Task]:
        found: list[Task] = []
        parent: Task | None = task
        while parent is not None:
            known = self._started.get(parent, (None, ""))[0]
            parent = known() if known else None
            if parent is not None:
                found.append(parent)
        return found
