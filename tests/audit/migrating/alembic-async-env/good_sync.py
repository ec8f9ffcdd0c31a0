# --- app.py
from sqlalchemy import create_engine


def make():
    return create_engine("postgresql://")
# --- alembic/env.py
from alembic import context
from sqlalchemy import engine_from_config

engine = engine_from_config({})
