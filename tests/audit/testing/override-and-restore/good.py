# --- app.py
import sqlalchemy
# --- tests/test_it.py
from app import app, get_session


def test_it(monkeypatch):
    app.dependency_overrides[get_session] = lambda: 1
    app.dependency_overrides.clear()
# --- tests/test_patch.py
from app import app, get_session


def test_it(monkeypatch):
    monkeypatch.setitem(app.dependency_overrides, get_session, lambda: 1)
