"""Findings are known by their code: whatever moves, they stay the same."""

import ast
import gc
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from async_db.findings import Finding, SourceFiles, fingerprint
from helpers.findings import any_text

SOURCE = """\
class Orders:
    @route("/")
    def add(self):
        self.save()  # as ever
        self.save()
        return "# no comment"


def save(): self.save()
"""


def at(line: int, text: str = SOURCE) -> Finding:
    found = Finding("a/b", "proven", "app/x.py", line, "It is so.", "Do it.")
    (located,) = SourceFiles({"app/x.py": text}.get).located([found])
    return located


@pytest.mark.parametrize(
    ("line", "place"),
    [
        (1, ("class Orders:", "Orders", 0)),
        (2, ('@route("/")', "Orders.add", 0)),
        (4, ("self.save()", "Orders.add", 0)),
        (5, ("self.save()", "Orders.add", 1)),
        (6, ('return "# no comment"', "Orders.add", 0)),
        (7, ("", "", 0)),
        (9, ("def save(): self.save()", "save", 0)),
        (99, ("", "", 0)),
        (0, ("", "", 0)),
    ],
)
def test_a_line_has_its_code_its_function_and_a_number(
    line: int, place: tuple[str, str, int]
) -> None:
    found = at(line)
    assert (found.code, found.function, found.nth) == place


def test_a_fingerprint_outlives_what_is_done_around_a_line() -> None:
    above = "import os\n\n\n" + SOURCE.replace("class Orders:", "class Orders:\n    x = 1")
    commented = above.replace("self.save()\n", "self.save()  # noqa\n", 1)
    indented = SOURCE.replace(
        "        self.save()\n", "        if self:\n            self.save()\n"
    )

    assert fingerprint(at(9, commented)) == fingerprint(at(5)) != fingerprint(at(4))
    assert fingerprint(at(6, indented)) == fingerprint(at(5))
    assert fingerprint(at(5, SOURCE.replace("Orders", "Bills"))) != fingerprint(at(5))
    assert fingerprint(at(5, SOURCE.replace("save()", "keep()"))) != fingerprint(at(5))


def test_files_are_read_below_the_project_and_what_cannot_be_is_left(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app/x.py").write_bytes(b"# coding: latin-1\r\nname = '\xe9'\r\n")
    (tmp_path / "broken.py").write_text("def (:\n    it()\n")
    found = [replace(at(2), code="", path=path) for path in ("app/x.py", "broken.py", "no\0.py")]

    located = SourceFiles.below(tmp_path).located([*found, replace(found[0], path="app")])
    assert [each.code for each in located] == ["name = 'é'", "it()", "", ""]


@given(any_text | st.text("#()[]{}'\"\\n\t\r\x0c\0:@ defclas\\"), st.integers(-1, 9))
def test_whatever_a_file_holds_is_survived(text: str, line: int) -> None:
    assert at(line, text).line == line


def test_what_a_collection_parses_meanwhile_harms_nothing() -> None:
    """On Python 3.11 the depth of both counts as one, and that of an outer one is then wrong."""
    texts = [f"x = {'[' * 40}{']' * 40}\ndef f{number}():\n    pass\n" for number in range(50)]
    before = gc.get_threshold()

    def parse(phase: str, info: dict[str, int]) -> None:
        ast.parse("y = ((((1))))")

    gc.callbacks.append(parse)
    gc.set_threshold(1)
    try:
        found = [at(3, text) for text in texts]
    finally:
        gc.set_threshold(*before)
        gc.callbacks.remove(parse)
    assert [each.function for each in found] == [f"f{number}" for number in range(50)]
