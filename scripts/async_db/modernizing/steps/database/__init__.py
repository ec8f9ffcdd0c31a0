"""The database layer: engines, factories, sessions by their async names, and what starts them."""

from __future__ import annotations

from async_db.modernizing.step import Step
from async_db.modernizing.steps.database.applications import applications
from async_db.modernizing.steps.database.closing import closing
from async_db.modernizing.steps.database.committing import committing
from async_db.modernizing.steps.database.engines import engines, sync_urls
from async_db.modernizing.steps.database.exiting import exiting
from async_db.modernizing.steps.database.factories import factories
from async_db.modernizing.steps.database.hooks import hooks
from async_db.modernizing.steps.database.inspecting import inspecting
from async_db.modernizing.steps.database.migrations import migrations
from async_db.modernizing.steps.database.names import rename
from async_db.modernizing.steps.database.requirements import requirements
from async_db.modernizing.steps.database.schema import schema

__all__ = ["applications", "committing", "database", "lifetimes", "requirements"]


def database(step: Step) -> None:
    """Make the database layer async; nothing is done where it is already."""
    rename(step)
    engines(step)
    sync_urls(step)
    factories(step)
    schema(step)
    inspecting(step)
    hooks(step)


def lifetimes(step: Step) -> None:
    """Have sessions be closed and dependencies end when they should, and Alembic connect."""
    closing(step)
    exiting(step)
    migrations(step)
