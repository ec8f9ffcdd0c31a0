# requires: aiosqlite
# --- app.py
import sqlalchemy
# --- tests/conftest.py
URL = "sqlite:///test.db"
