"""The steps of the move, in their order."""

from __future__ import annotations

from async_db.modernizing.step import Step, StepFunction
from async_db.modernizing.steps.database import (
    applications,
    committing,
    database,
    lifetimes,
    requirements,
)
from async_db.modernizing.steps.loads import loads
from async_db.modernizing.steps.propagation import propagation
from async_db.modernizing.steps.queries import queries
from async_db.modernizing.steps.scoped import scoped
from async_db.modernizing.steps.sessions import sessions
from async_db.modernizing.steps.slicing import slicing
from async_db.modernizing.steps.streams import streams
from async_db.modernizing.steps.tests import isolation, tests
from async_db.modernizing.steps.threads import threads
from async_db.modernizing.steps.typed_mappings import typed_mappings


def _where_it_moves(take: StepFunction) -> StepFunction:
    """Have a step wait for something to be async that was not: a service that is so already stays."""

    def taken(step: Step) -> None:
        if step.moves:
            take(step)

    return taken


STEPS: tuple[StepFunction, ...] = (
    slicing,
    scoped,
    sessions,
    queries,
    typed_mappings,
    isolation,
    propagation,
    *map(
        _where_it_moves,
        (
            streams,
            threads,
            loads,
            database,
            committing,
            lifetimes,
            applications,
            requirements,
            tests,
        ),
    ),
)
"""Each works on what the one before left, and is idle where it finds nothing of its own."""
