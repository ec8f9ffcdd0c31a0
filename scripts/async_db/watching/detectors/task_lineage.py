"""Which task waits for which, as far as it shows who holds what while something else is asked for."""

from __future__ import annotations

from ...traces import Trace


class Lineage:
    """The tasks of a request, each with those that have started it.

    Parameters:
        trace: the request.
    """

    def __init__(self, trace: Trace) -> None:
        self._tasks = {task.number: task for task in trace.tasks}

    def holds(self, holder: int | None, asker: int | None, index: int) -> bool:
        """Say whether what one task has taken is held while another asks for more.

        It is if both are one, or if the asking task is one that the holding one has started: that
        waits for it. What a task has taken that has ended is held by the one that started it. Of
        threads, whose numbers are None, nothing is known, and all are taken for one.

        Parameters:
            holder: the task that has taken something, and has not given it back.
            asker: the task that asks.
            index: of the event that asks.
        """
        if holder is None or asker is None:
            return True
        while (task := self._tasks.get(holder)) is not None:
            if task.ended is None or task.ended > index or task.parent is None:
                break
            holder = task.parent
        above: int | None = asker
        while above is not None and above != holder:
            task = self._tasks.get(above)
            above = task.parent if task else None
        return above == holder
