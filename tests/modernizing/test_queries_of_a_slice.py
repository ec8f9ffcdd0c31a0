"""Queries where only a part of a project is moved, or its text has forms of its own."""

import pytest
from modernizing.query_project import HEAD, MODELS

from async_db.modernizing import Options
from async_db.modernizing.steps.queries import queries
from helpers.modernizing import transformed


def test_a_slice_alone_is_translated() -> None:
    body = HEAD + "def f(db: Session):\n    return db.query(Order).all()\n"
    done = transformed(
        {"models": MODELS, "app__one": body, "app__two": body},
        queries,
        options=Options(slices=("app/one.py",)),
    )
    assert "select(Order)" in done.after.texts["app/one.py"]
    assert done.after.texts["app/two.py"] == body.lstrip("\n")


def test_a_query_that_leaves_the_slice_is_left() -> None:
    made = HEAD + "def base(db: Session):\n    return db.query(Order)\n"
    used = HEAD + "from app.one import base\n\ndef f(db: Session):\n    return base(db).all()\n"
    done = transformed(
        {"models": MODELS, "app__one": made, "app__two": used},
        queries,
        options=Options(slices=("app/one.py",)),
    )
    assert ["outside" in each.reason for each in done.left] == [True]


@pytest.mark.parametrize("newline", ["\r\n", "\r"])
def test_lines_may_end_as_elsewhere(newline: str) -> None:
    body = HEAD + (
        "def f(db: Session):\n    return (\n        db.query(Order)\n"
        "        .filter(Order.id == 1)\n        .first()\n    )\n"
    )
    plain = transformed({"models": MODELS, "app": body}, queries).after.texts["app.py"]
    other = transformed({"models": MODELS, "app": body.replace("\n", newline)}, queries)
    assert other.after.texts["app.py"].lstrip() == plain.lstrip().replace("\n", newline)


def test_in_a_text_that_holds_expressions() -> None:
    body = HEAD + 'def f(db: Session):\n    return f"ä {db.query(Order).count()} {1}"\n'
    done = transformed({"models": MODELS, "app": body}, queries)
    after = done.after.texts["app.py"]
    translated = 'f"ä {db.scalars(select(func.count()).select_from(Order)).one()} {1}"' in after
    assert translated or ["f-string" in each.reason for each in done.left] == [True]
