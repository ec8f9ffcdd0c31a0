"""What an injection is after."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text

from app.database.engine import Database


@pytest.fixture
async def pin(real_database: Database) -> AsyncIterator[None]:
    """A secret in the same database, in a table that no operation reads."""
    async with real_database.engine.begin() as connection:
        await connection.execute(text("create table pins (pin varchar(4))"))
        await connection.execute(text("insert into pins values (:pin)"), {"pin": "4711"})
    yield
    async with real_database.engine.begin() as connection:
        await connection.execute(text("drop table pins"))
