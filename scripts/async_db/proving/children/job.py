"""What a child process is to do, and what it tells of its tests."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from async_db.traces import Recording


Status = Literal["passed", "failed", "skipped"]
AFTER_THE_TESTS = "after the tests"
"""Stands for a test's id where pytest itself failed after the last one."""


@dataclass(frozen=True)
class Job:
    """What one child is to do."""

    project: Path
    """The root of the project, which the child makes its current folder."""
    paths: tuple[str, ...]
    """The tests to run, relative to the project."""
    database_url: str
    scratch: Path
    """An existing folder, outside the project, for the child's log and temporary files."""
    python_path: tuple[Path, ...] = ()
    """Folders the tests import from, besides the project."""
    observed: bool = False
    """Whether what the tests do to the database is recorded."""

    @property
    def log(self) -> Path:
        """Where the child's output goes."""
        return self.scratch / "log.txt"


@dataclass(frozen=True)
class Outcome:
    """What happened to one test, or to a file of tests that could not be imported."""

    test: str
    """Its id, which starts with the path of its file from the project."""
    rules: frozenset[str]
    """The rules that it is marked with; none are known of a file that could not be imported."""
    status: Status
    messages: tuple[str, ...] = ()
    """Why it failed or was skipped: the exception's own text, without any source lines."""
    seconds: float = 0.0
    recording: "Recording | None" = None
    """What it did to the database, if that is recorded."""


@dataclass(frozen=True)
class Report:
    """What happened in one child."""

    outcomes: tuple[Outcome, ...]
    problem: str | None = None
    """Why the child did not come to its end by itself, as `timed out after 60 s`."""
    running: Outcome | None = None
    """The test that was running then, with no messages."""
    unusable: str | None = None
    """Why pytest could not run any test, as when `conftest.py` cannot be imported."""
    afterwards: "Recording | None" = None
    """What happened after the last test, if that is recorded."""
    seconds: float = 0.0
