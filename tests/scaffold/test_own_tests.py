"""The tests that come with a rendered project pass, whatever was chosen."""

import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from helpers.chosen_renderings import Chosen
from helpers.rendered import LONG, run_its_tests, run_its_tests_on_sqlite, written


def test_they_make_their_own_file_on_sqlite(tmp_path: Path) -> None:
    run_its_tests(written(tmp_path / "project", database="sqlite"), url="")


def test_they_pass(tmp_path: Path, chosen_to_run: Chosen, request: pytest.FixtureRequest) -> None:
    project = written(tmp_path / "project", **chosen_to_run.options)
    if chosen_to_run.server == "sqlite":
        run_its_tests_on_sqlite(project)
    else:
        new_database: Callable[[], str] = request.getfixturevalue("new_database")
        run_its_tests(project, new_database())


@pytest.mark.postgres
def test_they_start_their_own_postgresql(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The wheel's lock file, which is one for all users of the machine, if it is not told otherwise.
    (tmp_path / "python_PostgresServer").mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    # Whichever pytest starts next closes the common folder of all to the server's user, if any.
    with tempfile.TemporaryDirectory(dir="/tmp") as own:
        monkeypatch.setenv("PYTEST_DEBUG_TEMPROOT", own)
        run_its_tests(written(tmp_path / "project", database="both", **LONG), url="")
