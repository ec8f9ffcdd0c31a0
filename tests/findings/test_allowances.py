"""What a project allows itself, in comments beside its code."""

from dataclasses import replace
from pathlib import Path

from async_db.findings import (
    Allowance,
    allowance_notices,
    allowances_of,
    without_allowed,
)
from helpers.findings import FOUND

SOURCE = """\
text = "# async-db: ignore[a/b] not a comment"
first()  # async-db: ignore[a/b] it is known
# async-db: ignore[a/b, c/d] so is this
second()
third()  # async-db: ignore[a/b]
"""


def test_comments_are_read_with_what_they_cover(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app/x.py").write_text(SOURCE)
    for folder in ("venv", ".hidden", "app/site-packages"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "x.py").write_text(SOURCE)
    (tmp_path / "venv/pyvenv.cfg").touch()
    (tmp_path / "broken.py").write_text("(  # async-db: ignore[a/b] it does not end\n")

    assert allowances_of(tmp_path) == [
        Allowance("app/x.py", 2, 2, ("a/b",), "it is known"),
        Allowance("app/x.py", 3, 4, ("a/b", "c/d"), "so is this"),
        Allowance("app/x.py", 5, 5, ("a/b",), ""),
    ]


def test_what_is_allowed_is_left_out_and_the_rest_is_told() -> None:
    allowances = [
        Allowance("x.py", 2, 2, ("a/b",), "known"),
        Allowance("x.py", 3, 4, ("a/b", "c/d", "e/f"), "known"),
        Allowance("x.py", 5, 5, ("a/b",), ""),
    ]
    found = [
        replace(FOUND, rule=rule, path="x.py", line=line)
        for rule, line in (("a/b", 2), ("c/d", 2), ("c/d", 4), ("a/b", 5))
    ]

    left, needed = without_allowed(found, allowances)
    told = [each.text for each in allowance_notices(allowances, needed, frozenset({"a/b", "c/d"}))]

    assert [(each.rule, each.line) for each in left] == [("c/d", 2), ("a/b", 5)]
    assert told == [
        "x.py:3 allows a/b, and nothing needed that in this run.",
        "x.py:5 allows something without a reason, which allows nothing.",
    ]
