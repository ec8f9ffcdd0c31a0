"""A service's own tests: clients, what stands in for functions that are async now, configuration."""

from __future__ import annotations

from async_db.modernizing.step import Step
from async_db.modernizing.steps.tests.clients import clients
from async_db.modernizing.steps.tests.configuration import configuration
from async_db.modernizing.steps.tests.doubles import doubles

__all__ = ["tests"]


def tests(step: Step) -> None:
    """Run the tests in the loop that the service runs in; in a slice they stay as they are."""
    if step.options.slices:
        return
    clients(step)
    doubles(step)
    configuration(step)
