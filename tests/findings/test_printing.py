"""What is printed to a terminal, to a pipe, and to a reader who has left."""

import os
import subprocess
import sys
from pathlib import Path
from typing import TextIO

import pytest

from async_db.findings import print_whole

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"


class Terminal:
    """What stands for a terminal: it keeps what it is told."""

    def __init__(self, file: TextIO) -> None:
        self.file = file

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        return self.file.write(text)

    def flush(self) -> None:
        self.file.flush()


def test_a_pipe_gets_the_text_as_it_is(capfd: pytest.CaptureFixture[str]) -> None:
    print_whole("a\x1b[2J\n")
    assert capfd.readouterr().out == "a\x1b[2J\n"


def test_a_terminal_gets_nothing_that_it_obeys(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "shown"
    with path.open("w") as file:
        monkeypatch.setattr(sys, "stdout", Terminal(file))
        print_whole("a\tb\x1b[2J\n")
    shown = path.read_text()
    assert "\x1b" not in shown
    assert shown.startswith("a\tb")
    assert shown.endswith("\n")


def test_who_closes_the_pipe_has_seen_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as file:
        monkeypatch.setattr(sys, "stdout", file)
        print_whole("seen\n")
        print_whole("more\n")  # goes nowhere, and fails no more


COMMANDS = ("audit", "faults", "modernize", "observe", "render", "verify", "with_postgres")
FULL_DISK = Path("/dev/full")


@pytest.mark.skipif(not FULL_DISK.exists(), reason="there is no device that is full")
@pytest.mark.parametrize(
    "call", [*((command, "--help") for command in COMMANDS), ("audit", "--list-rules")], ids="".join
)
@pytest.mark.parametrize("buffered", ["", "1"], ids=["at-the-end", "at-once"])
def test_what_a_full_disk_does_not_take_is_told(call: tuple[str, str], buffered: str) -> None:
    command, option = call
    with FULL_DISK.open("w") as file:
        done = subprocess.run(  # noqa: S603 (our own programs)
            [sys.executable, SCRIPTS / f"{command}.py", option],
            env={**os.environ, "PYTHONUNBUFFERED": buffered, "PYTHONDONTWRITEBYTECODE": "1"},
            stdout=file,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    told = f"{command}: the output: No space left on device\n"
    assert (done.returncode, done.stderr) == (2, told)
