"""The step: finds what moves, and writes it."""

from __future__ import annotations

from async_db.modernizing.step import Step
from async_db.modernizing.steps.propagation.calling import write_calls
from async_db.modernizing.steps.propagation.defining import write_definitions
from async_db.modernizing.steps.propagation.knowing import known_of
from async_db.modernizing.steps.propagation.moving import find_moving

_RULE = "migrating/no-sync-left"


def propagation(step: Step) -> None:
    """Make async what waits for the database, and await it, up to the operations and the tests."""
    service = step.service
    moving = find_moving(service, known_of(step), step.world)
    write_definitions(step, moving)
    write_calls(step, moving)
    for function, reason in moving.blocked.items():
        step.withhold(function.module, function.node, _RULE, reason)
