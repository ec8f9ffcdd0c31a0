"""Programs that pip does not install: where they are found, and what is left out without them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from async_db.servers.programs import HIDDEN, PGBOUNCER, Program


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a program `tool` that is on no path."""
    monkeypatch.setenv("PATH", str(tmp_path / "nowhere"))
    monkeypatch.delenv(HIDDEN, raising=False)
    file = tmp_path / "tool"
    file.write_text("#!/bin/sh\n", encoding="utf-8")
    file.chmod(0o755)
    return tmp_path


def test_a_program_is_found_on_the_path_and_in_its_folders(
    installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("better", "tool")
    assert Program("tool", names, "tools").find() is None
    assert Program("tool", names, "tools", (str(installed),)).find() == str(installed / "tool")

    monkeypatch.setenv("PATH", str(installed))
    assert Program("tool", names, "tools").find() == str(installed / "tool")


def test_a_program_that_is_hidden_is_not_found(
    installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = Program("tool", ("tool",), "tools", (str(installed),))

    monkeypatch.setenv(HIDDEN, "other,tool")
    assert program.find() is None
    monkeypatch.setenv(HIDDEN, "other,tools")
    assert program.find() == str(installed / "tool")


def test_what_is_missing_is_named_with_the_line_that_installs_it() -> None:
    program = Program("tool", ("tool",), "tools")

    assert program.missing == "tool is not installed: sudo apt-get install -y tools"


def run_without(root: Path, programs: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Run tests of which some need a PgBouncer, as on a machine without these programs."""
    command = [sys.executable, "-m", "pytest", "-n", "0", "-p", "no:cacheprovider", *options]
    return subprocess.run(  # noqa: S603 - our own tests, arguments as a list
        [*command, "tests/servers/test_pgbouncer.py"],
        cwd=root,
        env={**os.environ, HIDDEN: programs},
        capture_output=True,
        text=True,
        check=False,
    )


def test_tests_without_their_program_are_skipped_and_counted(root: Path) -> None:
    done = run_without(root, "pgbouncer")

    assert done.returncode == 0, done.stdout
    lines = done.stdout.splitlines()
    assert f"2 tests: {PGBOUNCER.missing}" in lines
    assert "1 passed, 2 skipped" in lines[-1]


def test_tests_without_their_program_fail_where_that_is_asked_for(root: Path) -> None:
    done = run_without(root, "pgbouncer", "--strict-programs")

    assert done.returncode == 1, done.stdout
    assert f"not run: {PGBOUNCER.missing}" in done.stdout
    assert "1 passed, 2 errors" in done.stdout.splitlines()[-1]
