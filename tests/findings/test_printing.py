"""What is printed to a terminal, to a pipe, and to a reader who has left."""

import os
import sys
from pathlib import Path
from typing import TextIO

import pytest

from async_db.findings import print_whole


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
