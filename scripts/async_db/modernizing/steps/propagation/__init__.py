"""`async` and `await`, from what waits for the database up to the operations and the tests."""

from async_db.modernizing.steps.propagation.moving import is_migration
from async_db.modernizing.steps.propagation.propagation import propagation

__all__ = ["is_migration", "propagation"]
