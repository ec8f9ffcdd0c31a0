# requires: asyncpg
# --- app.py
import sqlalchemy
# --- tests/conftest.py
from sqlalchemy import create_engine

engine = create_engine("sqlite:///test.db")  # expect: review
