# --- app.py
import sqlalchemy
# --- tests/test_it.py
from app import app, get_session


def test_it():
    app.dependency_overrides[get_session] = lambda: 1  # expect: suspected
