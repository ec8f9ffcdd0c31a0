"""`async` and `await`, from what waits for the database up to the operations and the tests."""

from async_db.modernizing.steps.propagation.awaitables import TEST_CLIENT
from async_db.modernizing.steps.propagation.moving import is_migration
from async_db.modernizing.steps.propagation.propagation import propagation

__all__ = ["TEST_CLIENT", "is_migration", "propagation"]
