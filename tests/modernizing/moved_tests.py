"""A small service, and a file of tests of it that is moved with it."""

import textwrap

from async_db.modernizing import Modernization
from async_db.modernizing.steps.database import database
from async_db.modernizing.steps.propagation import propagation
from async_db.modernizing.steps.tests import isolation
from async_db.modernizing.steps.tests import tests as step_of_tests
from helpers.modernizing import transformed

SERVICE = {
    "app__main": """
        from fastapi import Depends, FastAPI
        from sqlalchemy import create_engine, select
        from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker

        engine = create_engine("sqlite://")
        SessionLocal = sessionmaker(engine)
        app = FastAPI()

        class Base(DeclarativeBase):
            pass

        def get_session():
            with SessionLocal() as session:
                yield session

        def number(session: Session) -> int:
            return session.scalar(select(1))

        @app.get("/")
        def read(session: Session = Depends(get_session)) -> int:
            return number(session)
        """,
}
HEAD = """
import pytest
from fastapi.testclient import TestClient
from app import main
from app.main import SessionLocal, app, engine, get_session

"""


def moved(test: str) -> Modernization:
    files = {**SERVICE, "tests__test_it": HEAD + textwrap.dedent(test)}
    return transformed(files, isolation, propagation, database, step_of_tests)
