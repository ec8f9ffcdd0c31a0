import pytest
from pydantic import SecretStr

from app.database.base import Base
from app.database.engine import open_database
from app.settings import Settings


@pytest.fixture
async def empty_url(settings: Settings, second_url: SecretStr) -> SecretStr:
    """Where a second database is that has the same tables, and no rows."""
    there = settings.model_copy(update={"database_url": second_url})
    async with open_database(there) as second, second.engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    return second_url
