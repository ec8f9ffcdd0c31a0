"""`async` and `await`, from what waits for the database up to the operations and the tests."""

from async_db.modernizing.steps.propagation.awaitables import (
    TEST_CLIENT,
    inspected_by,
    keeps_client,
)
from async_db.modernizing.steps.propagation.defining import annotate
from async_db.modernizing.steps.propagation.greenlets import sync_inside
from async_db.modernizing.steps.propagation.moving import is_migration
from async_db.modernizing.steps.propagation.propagation import propagation
from async_db.modernizing.steps.propagation.yielding import write_out

__all__ = [
    "TEST_CLIENT",
    "annotate",
    "inspected_by",
    "is_migration",
    "keeps_client",
    "propagation",
    "sync_inside",
    "write_out",
]
