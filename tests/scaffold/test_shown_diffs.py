"""Diffs are shown whole, as many as are read in one go, and the others are named."""

from pathlib import PurePosixPath

from async_db.scaffold import FilePlan, shown_diffs
from async_db.scaffold.shown_diffs import MOST_CHARACTERS


def file(name: str, lines: int) -> FilePlan:
    return FilePlan(PurePosixPath(name), b"old\n", b"line\n" * lines)


def test_what_fits_is_shown() -> None:
    shown, left = shown_diffs([file("a.py", 3), file("b.py", 3)])

    assert left == []
    assert (shown.count("diff --git"), shown.count("+line\n"), shown.count("-old\n")) == (2, 6, 2)


def test_what_does_not_fit_is_named_with_its_size() -> None:
    files = [file("small.py", 2), file("large.py", 3000), file("last.py", 1)]
    shown, left = shown_diffs(files)

    assert len(shown) <= MOST_CHARACTERS
    assert "a/small.py" in shown
    assert "a/last.py" in shown
    assert left == ["1 file more; --diff --all shows them:", "  large.py (+3000, -1)"]
    assert shown_diffs(files, everything=True)[0].count("diff --git") == 3


def test_of_many_that_do_not_fit_some_are_named() -> None:
    _, left = shown_diffs([file(f"{number}.py", 3000) for number in range(40)])

    assert left[0].startswith("40 files more")
    assert (len(left), left[-1]) == (14, "  and 28 more")
