# --- app.py
from sqlalchemy.ext.asyncio import create_async_engine
# --- tests/conftest.py
import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import create_async_engine


@pytest_asyncio.fixture
async def engine():
    yield create_async_engine("sqlite+aiosqlite://")


@pytest_asyncio.fixture(scope="session")
async def number():
    yield 1


@pytest.fixture(scope="session")
def url():
    return "sqlite://"
