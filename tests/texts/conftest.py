"""A PostgreSQL for what the references state of it."""

import re
from collections.abc import Iterator

import pytest

from async_db.servers import ThrowawayPostgres, throwaway_postgres


@pytest.fixture(scope="session")
def server() -> Iterator[ThrowawayPostgres]:
    with throwaway_postgres() as server:
        yield server


@pytest.fixture
def new_url(server: ThrowawayPostgres, request: pytest.FixtureRequest) -> str:
    """The URL of an empty database, which names no driver."""
    name = re.sub(r"\W", "_", f"facts_{request.node.name}".lower())[-60:].strip("_")
    server.create_database(name)
    return server.url(name)
