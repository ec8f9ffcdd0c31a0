# requires: asyncpg
# --- app.py
import sqlalchemy
# --- tests/conftest.py
URLS = ["sqlite:///test.db", "postgresql+asyncpg://localhost/test"]
