"""The move of a target: each step reads what the one before wrote."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from async_db.modernizing.changes import Change
from async_db.modernizing.sources import Sources
from async_db.modernizing.step import Options, Step, StepFunction


@dataclass(frozen=True)
class Modernization:
    """What the move would write, and what it left.

    Parameters:
        before: the files as they were.
        after: the files as they would be.
        changes: what was changed and what was left, step by step.
    """

    before: Sources
    after: Sources
    changes: tuple[Change, ...]

    @property
    def left(self) -> tuple[Change, ...]:
        """What a person has to decide."""
        return tuple(each for each in self.changes if each.grade == "withheld")

    @property
    def counts(self) -> Counter[str]:
        """How many changes of each kind were made."""
        return Counter(each.kind for each in self.changes if each.grade != "withheld")


def modernize(sources: Sources, options: Options, steps: Iterable[StepFunction]) -> Modernization:
    """Move a target, in memory.

    Parameters:
        sources: its files.
        options: what was asked for.
        steps: in their order.
    """
    changes: list[Change] = []
    told: set[Change] = set()
    current, world = sources, None
    for take in steps:
        step = Step(current, options, sources, world)
        take(step)
        current, world = step.result(), step.world
        changes += [each for each in step.changes if each not in told]
        told.update(each for each in step.changes if each.grade == "withheld")
    return Modernization(sources, current, tuple(changes))
