"""Doubles of sessions, factories and managers in tests, which code enters by `async with` now."""

import textwrap

import pytest

from async_db.modernizing.order import STEPS
from helpers.modernizing import transformed

CODE = """
from contextlib import contextmanager
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session, sessionmaker

engine = create_engine("sqlite://")
Lending = sessionmaker(bind=engine)


@contextmanager
def unit():
    with Lending() as session:
        yield session


def ping(engine):
    with Session(engine) as session:
        session.execute(select(1))


def first():
    with Lending() as session:
        return session.scalars(select(1)).first()


def second():
    with unit() as session:
        return session.scalars(select(1)).first()
"""
HEAD = "from unittest.mock import MagicMock, Mock, patch\nimport shelf\n\n"


def converted(test: str) -> str:
    done = transformed({"shelf": CODE, "test_shelf": HEAD + textwrap.dedent(test)}, *STEPS)
    return done.after.texts["test_shelf.py"]


def test_a_class_that_was_renamed_is_patched_by_its_new_name() -> None:
    after = converted(
        """
        def test_ping():
            session = MagicMock()
            session.__enter__.return_value = session
            with patch("shelf.Session", return_value=session):
                shelf.ping(None)
        """
    )
    assert "MagicMock(spec=AsyncSession)" in after
    assert "session.__aenter__.return_value = session" in after
    assert 'patch("shelf.AsyncSession", return_value=session)' in after


@pytest.mark.parametrize(
    "test",
    [
        """
        @patch("shelf.Lending")
        def test_first(lending):
            row = MagicMock()
            lending.return_value.__enter__.return_value = row
            shelf.first()
        """,
        """
        def test_second():
            row = Mock()
            with patch.object(shelf, "unit") as unit:
                unit.return_value.__enter__.return_value = row
                unit.return_value.__exit__.return_value = False
                shelf.second()
        """,
        """
        def test_second(monkeypatch):
            row = MagicMock()
            manager = MagicMock()
            manager.__enter__.return_value = row
            manager.__exit__.return_value = None
            monkeypatch.setattr(shelf, "unit", lambda: manager)
            shelf.second()
        """,
    ],
)
def test_what_gives_sessions_is_entered_asynchronously(test: str) -> None:
    after = converted(test)
    assert "__aenter__.return_value = row" in after
    assert "__enter__" not in after
    assert "__exit__" not in after


def test_what_a_session_gives_is_no_coroutine() -> None:
    after = converted(
        """
        def test_first():
            row = MagicMock()
            row.scalars.return_value.first.return_value = 3
            with patch("shelf.Lending") as lending:
                lending.return_value.__enter__.return_value = row
                assert shelf.first() == 3
        """
    )
    assert "row = MagicMock(spec=AsyncSession)" in after
    assert "row.scalars.return_value = MagicMock()" in after


def test_a_double_of_something_else_is_entered_as_before() -> None:
    after = converted(
        """
        def test_first():
            file = MagicMock()
            with patch("shelf.open") as opened:
                opened.return_value.__enter__.return_value = file
                shelf.first()
        """
    )
    assert "opened.return_value.__enter__.return_value = file" in after
    assert "spec" not in after
