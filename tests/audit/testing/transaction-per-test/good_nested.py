# --- app.py
import sqlalchemy
# --- tests/conftest.py
from sqlalchemy import create_engine
from sqlalchemy.orm import Session


def fixture():
    connection = create_engine("sqlite://").connect()
    session = Session(bind=connection)
    session.begin_nested()
    yield session
