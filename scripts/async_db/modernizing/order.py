"""The steps of the move, in their order."""

from __future__ import annotations

from async_db.modernizing.step import StepFunction
from async_db.modernizing.steps.database import (
    applications,
    database,
    lifetimes,
    requirements,
)
from async_db.modernizing.steps.loads import loads
from async_db.modernizing.steps.propagation import propagation
from async_db.modernizing.steps.queries import queries
from async_db.modernizing.steps.slicing import slicing
from async_db.modernizing.steps.tests import isolation, tests
from async_db.modernizing.steps.threads import threads
from async_db.modernizing.steps.typed_mappings import typed_mappings

STEPS: tuple[StepFunction, ...] = (
    slicing,
    queries,
    typed_mappings,
    isolation,
    propagation,
    threads,
    loads,
    database,
    lifetimes,
    applications,
    requirements,
    tests,
)
"""Each works on what the one before left, and is idle where it finds nothing of its own."""
