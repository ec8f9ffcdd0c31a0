"""A PostgreSQL for what the references state of it."""

from collections.abc import Callable

import pytest


@pytest.fixture
def new_url(new_database: Callable[[], str]) -> str:
    """The URL of an empty database, which names no driver."""
    return new_database()
