# --- app.py
from sqlalchemy.ext.asyncio import create_async_engine


def make():
    return create_async_engine("sqlite+aiosqlite://")
# --- tests/conftest.py
import asyncio

import pytest
import pytest_asyncio

from app import make


@pytest.fixture(scope="session")
def event_loop():  # expect: proven
    yield asyncio.new_event_loop()


@pytest_asyncio.fixture(scope="session")
async def engine():  # expect: suspected
    yield make()
