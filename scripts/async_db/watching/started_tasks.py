"""The tasks that requests start: by which task and at which line each was."""

from __future__ import annotations

import asyncio
from typing import Any
from weakref import ref

from .by_identity import ByIdentity

Task = asyncio.Task[Any]


class StartedTasks:
    """Knows tasks from their start on, and keeps none alive."""

    def __init__(self) -> None:
        self._started: ByIdentity[tuple[ref[Task] | None, str, bool]] = ByIdentity()

    def add(self, task: Task, parent: Task | None, place: str, *, stands_in: bool = False) -> None:
        """Note a task that has just been started.

        Parameters:
            task: which.
            parent: the task that has started it, if a task has.
            place: ``path:line`` of the project's own code that did, if any.
            stands_in: whether it does what its parent would do by itself, if it could not be
                cancelled meanwhile, as the closing of a session.
        """
        self._started[task] = None if parent is None else ref(parent), place, stands_in

    def line_of(self, task: Task) -> str:
        """Give the line that started a task, if it is known."""
        known = self._started.get(task)
        return "" if known is None else known[1]

    def principal(self, task: Task) -> Task:
        """Give the task for which one stands in; most stand for themselves."""
        known = self._started.get(task)
        if known is None or known[0] is None or not known[2]:
            return task
        return known[0]() or task

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
            known = self._started.get(parent)
            parent = known[0]() if known and known[0] else None
            if parent is not None:
                found.append(parent)
        return found
