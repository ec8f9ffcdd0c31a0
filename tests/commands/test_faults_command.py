"""The faults command: what it lists, and which calls it refuses."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

import faults
from async_db.faults import SCENARIOS
from helpers.packs import wait_for
from helpers.small_service import written_service

MARK = "FAULTS_TEST_RUN"


def test_the_help_says_how_it_is_called(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        faults.main(["--help"])
    assert ended.value.code == 0
    told = capsys.readouterr().out
    for part in ("examples:", "exit codes:", "a service of your own:", "--wiring", "--with"):
        assert part in told


def test_all_faults_are_listed_with_what_must_hold(capsys: pytest.CaptureFixture[str]) -> None:
    assert faults.main(["--list"]) == 0
    told = capsys.readouterr().out
    for scenario in SCENARIOS.values():
        assert f"{scenario.name}\n    {scenario.happens}\n" in told


def test_some_are_listed_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--list", "--only", "locked-row,sqlite-writers", "--format", "json"]
    assert faults.main(arguments) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [(one["fault"], one["databases"]) for one in listed] == [
        ("locked-row", ["postgresql"]),
        ("sqlite-writers", ["sqlite"]),
    ]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--only", "earthquake"], "--only earthquake: there are clients-that-do-not-read, "),
        (["--only", ","], "--only names no fault"),
        (["--service", "faults.toml", "--wiring", "manager"], "--wiring is for the rendered"),
        (["--database-url", "postgresql://localhost/x"], "add --service"),
        (["--service", "x.toml", "--database-url", "sqlite:///x"], "--database-url is of a Post"),
        (["--update", "README.md", "--only", "locked-row"], "--update takes a complete run"),
        (["--format", "xml"], "invalid choice"),
    ],
)
def test_bad_calls_are_refused(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        faults.main(arguments)
    assert ended.value.code == 2
    assert told in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--service", "nowhere.toml"], "nowhere.toml: cannot be read"),
        (["--wiring", "magic"], "'magic' is not one of depends"),
        (["--update", "nowhere.md"], "nowhere.md: cannot be read"),
        (["--keep", "full"], "full is not empty"),
    ],
)
def test_bad_input_is_refused_with_a_line(
    arguments: list[str],
    told: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "full").mkdir()
    (tmp_path / "full/file").write_text("", encoding="utf-8")
    assert faults.main(arguments) == 2
    assert told in capsys.readouterr().err


@pytest.mark.postgres
def test_when_nothing_could_be_run_that_is_no_success(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    description = written_service(tmp_path, mended=True)
    assert faults.main(["--service", str(description), "--only", "deadlock"]) == 2
    told = capsys.readouterr()
    assert "not run: no request says how a deadlock comes about" in told.out
    assert "nothing could be run" in told.err


@pytest.mark.postgres
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_nothing_stays_when_it_is_interrupted(tmp_path: Path, number: signal.Signals) -> None:
    description = written_service(tmp_path, mended=True)
    arguments = ["--service", str(description), "--only", "swallowed-packets"]
    process = subprocess.Popen(  # noqa: S603 (our own command)
        [sys.executable, faults.__file__, *arguments],
        env={**os.environ, MARK: str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_for(lambda: "uvicorn" in " ".join(started_by(tmp_path)))
    process.send_signal(number)
    _, error = process.communicate(timeout=60)
    assert process.returncode == 130, error
    assert error.splitlines()[-1] == "faults: interrupted", error
    wait_for(lambda: not started_by(tmp_path))
    assert list(Path(tempfile.gettempdir()).glob(f"faults-{process.pid}-*")) == []


def started_by(mark: Path) -> list[str]:
    """Give the command lines of what was started with a mark in its environment."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if process.environ().get(MARK) == str(mark):
                found.append(" ".join(process.cmdline()))
    return found
