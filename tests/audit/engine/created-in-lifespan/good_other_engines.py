# --- app/main.py
from fastapi import FastAPI
from jinja.engines import create_engine

engine = create_engine("templates")
app = FastAPI()
# --- alembic/env.py
from alembic import context
from sqlalchemy import create_engine

engine = create_engine("sqlite://")
# --- scripts/load.py
from sqlalchemy import create_engine

engine = create_engine("sqlite://")
# --- tests/conftest.py
from sqlalchemy import create_engine

engine = create_engine("sqlite://")
