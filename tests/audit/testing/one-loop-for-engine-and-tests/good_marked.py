# --- app.py
from sqlalchemy.ext.asyncio import create_async_engine
# --- tests/conftest.py
import pytest_asyncio
from sqlalchemy.ext.asyncio import create_async_engine


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def engine():
    yield create_async_engine("sqlite+aiosqlite://")
