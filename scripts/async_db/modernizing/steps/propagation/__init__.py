"""`async` and `await`, from what waits for the database up to the operations and the tests."""

from async_db.modernizing.steps.propagation.propagation import propagation

__all__ = ["propagation"]
