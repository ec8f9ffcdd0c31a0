"""A service's own tests pass before and after it is moved, each of them, by its name."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath

import pytest

from async_db.modernizing import STEPS, Modernization, Options, modernize, read_sources
from helpers.tested_service import ISOLATED, SERVICE
from helpers.tested_styles import DOUBLES, STYLES
from helpers.trees import fill

_PASSED = re.compile(r"^(\S+::\S.*) PASSED", re.MULTILINE)


def test_each_style_of_tests_is_moved(tmp_path: Path) -> None:
    before = _written(tmp_path, {**SERVICE, **STYLES, **DOUBLES})
    move = _moved(tmp_path)
    assert _passed(tmp_path) == before
    assert len(before) == 31
    assert move.left == ()


@pytest.mark.exhaustive
def test_tests_that_are_undone_are_moved(tmp_path: Path, new_database: Callable[[], str]) -> None:
    url = new_database().replace("postgresql:", "postgresql+psycopg:", 1)
    before = _written(tmp_path, {**SERVICE, **ISOLATED}, url)
    move = _moved(tmp_path)
    assert _passed(tmp_path, url) == before
    assert len(before) == 8
    assert move.left == ()


@pytest.mark.exhaustive
def test_the_converted_tests_can_fail(tmp_path: Path) -> None:
    """What is compared is no count of nothing: a fault of the moved service fails a moved test."""
    before = _written(tmp_path, {**SERVICE, **STYLES})
    _moved(tmp_path)
    main = tmp_path / "app/main.py"
    main.write_text(main.read_text().replace("status_code=201", "status_code=202"))
    assert before - _passed(tmp_path) >= {"tests/test_module_level.py::test_first"}


def _written(folder: Path, files: Mapping[str, str], url: str = "") -> set[str]:
    """Write a service, and give the tests of it that pass: all."""
    fill(folder, {PurePosixPath(path): text.lstrip("\n") for path, text in files.items()})
    passed = _passed(folder, url)
    assert passed
    return passed


def _moved(folder: Path) -> Modernization:
    """Move a service, write it, and see that a second time changes nothing."""
    move = modernize(read_sources(folder), Options(), STEPS)
    for path, data in move.after.changed().items():
        (folder / path).write_bytes(data)
    again = modernize(read_sources(folder), Options(), STEPS)
    assert again.after.changed() == {}
    return move


def _passed(folder: Path, url: str = "") -> set[str]:
    """Give the tests of a project that pass, by pytest's names."""
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    if url:
        environment["DATABASE_URL"] = url
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-v", "-p", "no:cacheprovider", "-p", "no:xdist"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return set(_PASSED.findall(done.stdout))


@pytest.fixture(autouse=True)
def _no_options(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a person tells our own pytest is not for the service's."""
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
