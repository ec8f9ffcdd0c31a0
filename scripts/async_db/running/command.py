"""Runs a command with all of its Python processes watched, and tells what they have noted."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import FrameType

from ..observing import Options, Report
from .gathering import NOT_WATCHED, NOTHING_NOTED, gathered
from .notes import NOTES_VARIABLE, Settings

HOOK = Path(__file__).resolve().parents[2] / "app_hook"
NOT_FOUND = 127
ON_DEMAND = "SIGUSR1"
# From a terminal these reach the command by themselves.
FROM_TERMINALS = ("SIGINT", "SIGQUIT")
PASSED_ON = ("SIGTERM", "SIGHUP", "SIGUSR2", *FROM_TERMINALS)
STOPPING = frozenset({signal.SIGINT, signal.SIGTERM})


def run_and_tell(
    command: Sequence[str], folder: Path, options: Options, root: Path, *, every_request: bool
) -> int:
    """Run a command to its end, tell what was seen, and give the exit code.

    It is the command's own, unless findings are to fail the run and the command itself has not
    failed: to be stopped by the signal that was passed on to it is no failure.

    Parameters:
        command: with its arguments.
        folder: for the notes of its processes.
        options: what is asked for.
        root: the project.
        every_request: whether all requests are watched, and not only some of each route.
    """
    draws = options.page is not None
    Settings(str(root), draws, every_request=every_request).write(folder)
    try:
        # It is handed all that this process was, such as a socket that somebody has opened for it.
        process = subprocess.Popen(command, env=_environment(folder), close_fds=False)  # noqa: S603 (the caller's own command)
    except OSError as error:
        print(f"observe: {command[0]}: {error.strerror}", file=sys.stderr)
        return NOT_FOUND
    told = _Telling(folder, options, root)
    with _passing_on(process, told.on_demand) as sent:
        print(f"observe: watching; kill -USR1 {os.getpid()} for a summary", file=sys.stderr)
        code = process.wait()
    verdict = told.tell(options, none=NOT_WATCHED)
    code = code if code >= 0 else 128 - code
    stopped = options.failing and code - 128 in sent & STOPPING
    return verdict if code == 0 or stopped else code


def tell(folder: Path, options: Options, root: Path) -> int:
    """Tell what is noted in a folder so far, and give the exit code."""
    return _Telling(folder, options, root).tell(options, none=NOTHING_NOTED)


class _Telling:
    """Tells what is noted, in the end and as often as somebody asks."""

    def __init__(self, folder: Path, options: Options, root: Path) -> None:
        self._folder, self._options, self._root = folder, options, root
        self._busy = False

    def on_demand(self) -> None:
        """Tell what is noted so far; a baseline is made of all of it, in the end."""
        if not self._busy:
            self._busy = True
            self.tell(replace(self._options, updates_baseline=False), none=NOTHING_NOTED)
            self._busy = False

    def tell(self, options: Options, *, none: str) -> int:
        found = gathered(self._folder, draws=options.page is not None, none=none)
        report = Report(found.seen, options, self._root, found.judged, found.gallery)
        report.write()
        print(report.shown, end="", file=sys.stderr, flush=True)
        print(report.printed, end="", flush=True)
        return report.verdict.exit_code


def _environment(folder: Path) -> dict[str, str]:
    """Have each Python of the command load the hook, before all else that it finds by a path."""
    path = os.pathsep.join(filter(None, (str(HOOK), os.environ.get("PYTHONPATH"))))
    return {**os.environ, "PYTHONPATH": path, NOTES_VARIABLE: str(folder)}


@contextmanager
def _passing_on(
    process: subprocess.Popen[bytes], on_demand: Callable[[], None]
) -> Iterator[set[int]]:
    """Pass signals on to a process, and give those that this one has been sent so far."""
    sent: set[int] = set()

    def pass_on(number: int, _: FrameType | None) -> None:
        sent.add(number)
        if signal.Signals(number).name not in FROM_TERMINALS or not _in_foreground():
            process.send_signal(number)

    before = {}
    for name in (*PASSED_ON, ON_DEMAND):
        number = getattr(signal, name, None)  # Windows has few of them
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            handler = pass_on if name in PASSED_ON else lambda *_: on_demand()
            before[number] = signal.signal(number, handler)
    try:
        yield sent
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)


def _in_foreground() -> bool:
    """Say whether a terminal sends its signals to this process's group, and so to the command."""
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)
