"""The database layer: engines, factories, sessions by their async names, and what starts them."""

from __future__ import annotations

from async_db.modernizing.step import Step
from async_db.modernizing.steps.database.application import applications
from async_db.modernizing.steps.database.engines import engines
from async_db.modernizing.steps.database.hooks import hooks
from async_db.modernizing.steps.database.names import rename
from async_db.modernizing.steps.database.requirements import requirements
from async_db.modernizing.steps.database.schema import schema

__all__ = ["applications", "database", "requirements"]


def database(step: Step) -> None:
    """Make the database layer async; nothing is done where it is already."""
    rename(step)
    engines(step)
    schema(step)
    hooks(step)
