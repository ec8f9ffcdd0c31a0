"""A service's own tests: clients, what stands in for functions that are async now, configuration."""

from __future__ import annotations

from async_db.modernizing.step import Step
from async_db.modernizing.steps.tests.apps import apps
from async_db.modernizing.steps.tests.clients import clients
from async_db.modernizing.steps.tests.configuration import configuration
from async_db.modernizing.steps.tests.doubles import doubles
from async_db.modernizing.steps.tests.entered import entered
from async_db.modernizing.steps.tests.factories import factories
from async_db.modernizing.steps.tests.isolation import isolation
from async_db.modernizing.steps.tests.mocks import classes, mocks
from async_db.modernizing.steps.tests.responses import responses
from async_db.modernizing.steps.tests.set_up import overrides, set_up
from async_db.modernizing.steps.tests.tables import tables

__all__ = ["isolation", "tests"]


def tests(step: Step) -> None:
    """Run the tests in the loop that the service runs in; in a slice they stay as they are."""
    if step.options.slices:
        return
    tables(step)
    set_up(step)
    overrides(step)
    clients(step, apps(step))
    responses(step)
    doubles(step)
    entered(step)
    mocks(step)
    classes(step)
    factories(step)
    configuration(step)
