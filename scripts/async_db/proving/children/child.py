"""The child's side: it leaves what is the parent's, runs pytest, and tells what happens."""

import gc
import os
import signal
import sys
import traceback
from collections.abc import Mapping
from contextlib import nullcontext
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING

from async_db.proving.children.collector import Collector
from async_db.proving.children.job import Job

if TYPE_CHECKING:
    from async_db.watching import TestRecorder


# Settings of the caller that would lead a child to another database or another way of testing.
_FOREIGN_PREFIXES = ("PG", "PYTEST_", "COV_CORE_")
_FOREIGN_WORD = "DATABASE"


def run_child(job: Job, writer: Connection) -> None:
    _become_independent(job)
    gc.freeze()  # what was imported before will not become garbage: do not search it each time
    import pytest

    writer.send(("begun", None))
    recorder = _recorder(job)
    collector = Collector(writer, recorder)
    # What is imported before pytest starts cannot be rewritten, nor needs to be. Assertions are
    # told in full: the text may state any part of them.
    options = (
        *("-p", "no:cacheprovider", "--tb=short", "-q"),
        # At the end of each run it imports all of hypothesis, which no proof needs.
        *("-p", "no:hypothesispytest"),
        # A library of ours brings it along, and each child would import it anew.
        *("-p", "no:typeguard"),
        *("-W", "ignore:Module already imported:pytest.PytestAssertRewriteWarning"),
        *("-o", "verbosity_assertions=2", "--basetemp", str(job.scratch / "tmp")),
        *("--rootdir", str(job.project), "--continue-on-collection-errors"),
    )
    usual = {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED}
    try:
        with recorder.watching() if recorder else nullcontext():
            told = pytest.main([*options, *job.paths], plugins=[collector]) in usual
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told
        # As when what the tests leaked is found after the last of them, and warnings are errors.
        traceback.print_exc()
        told = collector.tell_end(_innermost(error))
    sys.stdout.flush()
    sys.stderr.flush()
    afterwards = recorder.take() if recorder else None
    writer.send(("ended", None if told else "pytest gave up", afterwards))
    if sys.platform != "win32":
        os.killpg(0, signal.SIGKILL)  # threads and processes that the tests left, and this one


def _recorder(job: Job) -> "TestRecorder | None":
    if not job.observed:
        return None
    from async_db.watching import TestRecorder

    return TestRecorder(job.project)


def _innermost(error: BaseException) -> BaseException:
    """Give the first of the errors in a group, and what it comes from."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error.__cause__ or error


def _become_independent(job: Job) -> None:
    """Leave everything of the parent's that could change how the tests go."""
    if sys.platform != "win32":
        os.setsid()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    log = os.open(job.log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    for stream in (1, 2):
        os.dup2(log, stream)
    os.close(log)
    os.chdir(job.project)
    environment = child_environment(os.environ, job)
    os.environ.clear()
    os.environ.update(environment)
    sys.dont_write_bytecode = True
    sys.path[:0] = [str(job.project), *map(str, job.python_path)]


def child_environment(environment: Mapping[str, str], job: Job) -> dict[str, str]:
    """Give the environment of a child: the caller's, but with the job's database and no other."""
    kept = {
        name: value
        for name, value in environment.items()
        if not name.startswith(_FOREIGN_PREFIXES) and _FOREIGN_WORD not in name.upper()
    }
    paths = [str(job.project), *map(str, job.python_path)]
    paths += filter(None, kept.get("PYTHONPATH", "").split(os.pathsep))
    return kept | {
        "TEST_DATABASE_URL": job.database_url,
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": os.pathsep.join(dict.fromkeys(paths)),
    }
