# --- app.py
from sqlalchemy.ext.asyncio import create_async_engine


def make():
    return create_async_engine("postgresql+asyncpg://")
# --- alembic/env.py
from alembic import context
from sqlalchemy.ext.asyncio import async_engine_from_config

engine = async_engine_from_config({})
