# --- tests/conftest.py
from sqlalchemy.ext.asyncio import async_sessionmaker

sessions = async_sessionmaker()
# --- app.py
from other_library import AsyncSession

session = AsyncSession()
