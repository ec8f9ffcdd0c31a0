# --- app.py
import sqlalchemy
# --- tests/test_it.py
from fastapi import FastAPI


def test_it():
    app = FastAPI()
    app.dependency_overrides[print] = lambda: 1
