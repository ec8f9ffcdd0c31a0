import pytest
from sqlalchemy import text

from app.database.engine import Database


@pytest.mark.rule("testing/one-loop-for-engine-and-tests")
async def test_a_test_can_use_a_connection_the_fixtures_opened(real_database: Database) -> None:
    async with real_database.engine.connect() as connection:
        assert await connection.scalar(text("select 1")) == 1
