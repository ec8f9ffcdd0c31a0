"""Throw-away environments with the releases that are asked for, and programs that run in them.

This is all of the pack that uses the network: `uv` fetches releases that it has not kept.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from async_db.proving.children.prover import Interrupted

_POLL_SECONDS = 0.1
_SETTLE_SECONDS = 60.0

# What would give a program there the packages of another environment.
_FOREIGN = frozenset({"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV"})


class EnvironmentsError(Exception):
    """An environment cannot be made, or a program not run in it; the message is one line."""


@dataclass(frozen=True)
class Done:
    """What became of a program."""

    code: int
    out: str
    error: str

    @property
    def last_line(self) -> str:
        lines = [line.strip() for line in self.error.splitlines() if line.strip()]
        return lines[-1] if lines else f"ended with code {self.code}"


@dataclass(frozen=True)
class Programs:
    """Runs programs, and ends them when `interrupted` says so.

    `waiting` is called with the seconds that the program has been running for.
    """

    interrupted: Callable[[], bool] = lambda: False
    waiting: Callable[[float], None] = field(default=lambda _: None)

    def run(
        self, command: Sequence[str], folder: Path, environment: Mapping[str, str] | None = None
    ) -> Done:
        """Run a program to its end.

        Raises:
            EnvironmentsError: it cannot be started.
            Interrupted: `interrupted` said so; the program and its own children have ended.
        """
        kept = {name: value for name, value in os.environ.items() if name not in _FOREIGN}
        # Files, for a pipe that nobody reads would stop it.
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as error:
            try:
                process = subprocess.Popen(  # noqa: S603 - uv, and environments' own pythons
                    command,
                    cwd=folder,
                    env={**kept, **(environment or {})},
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=error,
                    process_group=0,
                )
            except OSError as failure:
                what = failure.filename or command[0]  # or the folder
                raise EnvironmentsError(f"{what}: {failure.strerror}") from failure
            self._wait(process)
            texts = []
            for file in (out, error):
                file.seek(0)
                texts.append(file.read().decode("utf-8", "replace"))
        return Done(process.returncode, *texts)

    def _wait(self, process: "subprocess.Popen[bytes]") -> None:
        began = time.monotonic()
        try:
            while process.poll() is None:
                if self.interrupted():
                    raise Interrupted
                self.waiting(time.monotonic() - began)
                time.sleep(_POLL_SECONDS)
        except BaseException:
            _end(process)
            raise


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End a program, and then what it has left running."""
    process.terminate()  # verify.py then ends what it has started, also in groups of their own
    try:
        process.wait(_SETTLE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if sys.platform != "win32":
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)


@dataclass(frozen=True)
class Environment:
    """A virtual environment in a folder."""

    folder: Path
    programs: Programs

    @property
    def python(self) -> Path:
        windows = sys.platform == "win32"
        return self.folder / ("Scripts/python.exe" if windows else "bin/python")

    def install(self, uv: str, requirements: Sequence[str]) -> dict[str, str]:
        """Make it if it is not there, install what is missing, and tell what it then has.

        Returns:
            All versions by normalised name.

        Raises:
            EnvironmentsError: that is not possible.
            Interrupted: it is no longer wanted.
        """
        try:
            self.folder.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise EnvironmentsError(f"{self.folder.parent}: {error.strerror}") from error
        if not self.python.exists():
            self._uv(uv, "venv", "--python", sys.executable, str(self.folder))
        there = ("--python", str(self.python))
        self._uv(uv, "pip", "install", "--compile-bytecode", *there, *requirements)
        listed = json.loads(self._uv(uv, "pip", "list", *there, "--format", "json").out)
        return {part["name"].lower().replace("_", "-"): part["version"] for part in listed}

    def run(self, *arguments: str, folder: Path) -> Done:
        """Run a program with its python."""
        binaries = os.pathsep.join([str(self.python.parent), os.environ.get("PATH", os.defpath)])
        return self.programs.run([str(self.python), *arguments], folder, {"PATH": binaries})

    def _uv(self, *command: str) -> Done:
        done = self.programs.run(command, self.folder.parent)
        if done.code:
            said = " ".join(done.error.split()) or done.last_line
            raise EnvironmentsError(f"{self.folder.name}: uv {command[1]} failed: {said[:500]}")
        return done


def find_uv() -> str:
    """Give the path of `uv`.

    Raises:
        EnvironmentsError: it is not installed.
    """
    found = shutil.which("uv")
    if found is None:
        raise EnvironmentsError("--releases needs uv, which makes the environments: pip install uv")
    return found
