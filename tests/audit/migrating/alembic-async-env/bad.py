# --- app.py
from sqlalchemy.ext.asyncio import create_async_engine


def make():
    return create_async_engine("postgresql+asyncpg://")
# --- alembic/env.py
from alembic import context
from sqlalchemy import engine_from_config

engine = engine_from_config({})  # expect: suspected
