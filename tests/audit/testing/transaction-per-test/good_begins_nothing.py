# --- app.py
import sqlalchemy
# --- tests/test_pinned.py
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker


def test_a_connection_is_taken_as_it_is(configure):
    with create_engine("sqlite://").connect() as connection:
        configure(sessionmaker(bind=connection))
