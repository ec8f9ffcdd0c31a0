"""The step: finds what moves, and writes it."""

from __future__ import annotations

from async_db.modernizing.changes import Knowledge
from async_db.modernizing.step import Step
from async_db.modernizing.steps.propagation.calling import write_calls
from async_db.modernizing.steps.propagation.defining import write_definitions
from async_db.modernizing.steps.propagation.moving import find_moving
from async_db.target import Call, Function

_RULE = "migrating/no-sync-left"


def propagation(step: Step) -> None:
    """Make async what waits for the database, and await it, up to the operations and the tests."""
    service = step.service
    moving = find_moving(service, _edges(step), step.world)
    write_definitions(step, moving)
    write_calls(step, moving)
    for function, reason in moving.blocked.items():
        step.withhold(function.module, function.node, _RULE, reason)


def _edges(step: Step) -> dict[Call, tuple[Function, Knowledge]]:
    """Give what calls run by the record and the type checker, where the model cannot tell."""
    return {}
