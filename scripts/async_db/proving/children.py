"""Runs pytest on a project in a child process and tells what happened to each test.

Importing what a service stands on takes longer than most proofs, so children are forked from one
process that has imported it already; where there is no fork, each child imports it anew. A child
never has the service's own package from anyone else: it imports that by itself.
"""

import gc
import os
import re
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext, suppress
from dataclasses import dataclass, replace
from multiprocessing import connection, forkserver, get_all_start_methods, get_context
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext, ForkServerProcess, SpawnProcess
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Literal

from async_db.servers import PostgresError, short_temporary_folder

if TYPE_CHECKING:
    import pytest

    from async_db.traces import Recording
    from async_db.watching import TestRecorder

Status = Literal["passed", "failed", "skipped"]

# What a service, its tests and pytest itself import; one that is missing is left to the child.
WARM_MODULES = (
    *("pytest", "_pytest.assertion.rewrite", "_pytest.faulthandler", "_pytest.helpconfig"),
    *("_pytest.pastebin", "_pytest.setuponly", "_pytest.setupplan", "_pytest.skipping"),
    *("_pytest.threadexception", "_pytest.unittest", "_pytest.unraisableexception"),
    *("_pytest.warnings", "pytest_asyncio.plugin", "anyio.pytest_plugin", "difflib", "pdb"),
    *("xdist.plugin", "xdist.looponfail", "execnet.multi", "platformdirs.pytest_plugin"),
    *("fastapi", "fastapi.responses", "uvicorn", "uvicorn.logging"),
    *("httpx", "httpcore._async", "httpcore._sync", "certifi", "h11", "asgi_lifespan"),
    *("sqlalchemy.ext.asyncio", "sqlalchemy.orm", "sqlalchemy.dialects.postgresql.asyncpg"),
    *("sqlalchemy.dialects.sqlite.aiosqlite", "asyncpg", "aiosqlite", "alembic.command"),
    *("pydantic_settings", "pythonjsonlogger.json", "_pytest.junitxml", "tomllib"),
    *("modern_di_fastapi", "async_db.watching"),
    # FastAPI looks into it when a route is made; from Python 3.14 on it only warns.
    *(("pydantic.v1",) if sys.version_info < (3, 14) else ()),
)

AFTER_THE_TESTS = "after the tests"
"""Stands for a test's id where pytest itself failed after the last one."""

# Settings of the caller that would lead a child to another database or another way of testing.
_FOREIGN_PREFIXES = ("PG", "PYTEST_", "COV_CORE_")
_FOREIGN_WORD = "DATABASE"

_TOOK = re.compile(r" in \d+\.\d+s$")  # how pytest's last line ends, otherwise each time
_POLL_SECONDS = 0.1
_START_SECONDS = 60.0
_SETTLE_SECONDS = 10.0


class ProvingError(Exception):
    """Children cannot be started here at all; the message is one line."""


class Interrupted(Exception):
    """Whoever asked for the run no longer wants it."""


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


class Prover:
    """Starts children and waits for them; `run` may be called by several threads at once.

    Args:
        timeout: the seconds for which a child may go without finishing a test.
        interrupted: asked ten times a second whether to give up.
        modules: what is imported before children are forked.
    """

    def __init__(
        self,
        timeout: float = 60.0,
        interrupted: Callable[[], bool] = lambda: False,
        modules: tuple[str, ...] = WARM_MODULES,
    ) -> None:
        self._timeout = timeout
        self._interrupted = interrupted
        # Starting a child asks all others whether they have ended, and only one may hear it.
        self._lock = Lock()
        self._context = _warm_context(modules)

    def run(self, job: Job) -> Report:
        """Run the tests of a job in a fresh child.

        Raises:
            Interrupted: `interrupted` said so; the child and its own children have been ended.
        """
        began = time.monotonic()
        reader, writer = self._context.Pipe(duplex=False)
        with reader:
            with writer, self._lock:
                child = self._process(job, writer)
                child.start()
            ended = False
            try:
                report = self._wait(child, reader)
                ended = report.problem is None
            finally:
                with self._lock:
                    _reap(child, kill=not ended)
        seconds = time.monotonic() - began
        unusable = (
            report.unusable
            and f"{report.unusable}: {_error_line(job.log.read_text('utf-8', 'replace'))}"
        )
        return replace(report, unusable=unusable, seconds=seconds)

    def _process(self, job: Job, writer: Connection) -> ForkServerProcess | SpawnProcess:
        # Not a daemon: those may not have children, and proofs may need some.
        # Every context has Process; the base class, which is the declared type, leaves it out.
        process: ForkServerProcess | SpawnProcess = self._context.Process(  # type: ignore[attr-defined]
            target=_child, args=(job, writer), daemon=False
        )
        return process

    def _wait(self, child: ForkServerProcess | SpawnProcess, reader: Connection) -> Report:
        outcomes: list[Outcome] = []
        running: Outcome | None = None
        # The first child waits for the imports, which are not what the tests are timed for.
        deadline = time.monotonic() + _START_SECONDS + self._timeout
        while time.monotonic() < deadline:
            if self._interrupted():
                raise Interrupted
            if not connection.wait([reader, child.sentinel], timeout=_POLL_SECONDS):
                continue
            try:
                # A child that has ended may have left messages, but no more will come.
                message = reader.recv() if reader.poll() else None
            except (EOFError, OSError):
                message = None
            match message:
                case ("begun", None):
                    deadline = time.monotonic() + self._timeout
                case ("started", Outcome() as test):
                    running = test
                case ("finished", Outcome() as test):
                    outcomes.append(test)
                    running = None
                    deadline = time.monotonic() + self._timeout
                case ("ended", (None | str()) as unusable, afterwards):
                    return Report(tuple(outcomes), unusable=unusable, afterwards=afterwards)
                case _:
                    with self._lock:
                        problem = f"crashed: {_death(child)}"
                    return Report(tuple(outcomes), problem, running)
        return Report(tuple(outcomes), f"timed out after {self._timeout:g} s", running)


def _warm_context(modules: tuple[str, ...]) -> BaseContext:
    """Start the process that children are forked from, where there is fork."""
    if "forkserver" not in get_all_start_methods():
        return get_context("spawn")
    context = get_context("forkserver")
    context.set_forkserver_preload(list(modules))
    # It sits at a socket in the temporary folder, whose path may be too long for one. A Ctrl-C
    # while it imports is not for it: it ends when this process does.
    folder = tempfile.tempdir
    signals = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        tempfile.tempdir = str(short_temporary_folder())
        forkserver.ensure_running()
    except (OSError, PostgresError) as error:
        raise ProvingError(f"no process to run proofs in: {error}") from error
    finally:
        tempfile.tempdir = folder
        signal.pthread_sigmask(signal.SIG_SETMASK, signals)
    return context


def _reap(child: ForkServerProcess | SpawnProcess, *, kill: bool) -> None:
    """Wait until a child has ended; `kill` ends it first, with all that it has started."""
    if kill and child.is_alive():
        child.kill()
    if kill and child.pid is not None and sys.platform != "win32":
        # It leads its own group, which may outlive it, unless it had not come to that yet.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
    child.join(_SETTLE_SECONDS)


def _death(child: ForkServerProcess | SpawnProcess) -> str:
    child.join(_SETTLE_SECONDS)
    code = child.exitcode
    if code is not None and code < 0:
        with suppress(ValueError):
            return f"ended by {signal.Signals(-code).name}"
    return f"ended with code {code}"


def _error_line(text: str) -> str:
    """Give the last line that pytest marks as an exception's text, else the last one."""
    lines = [line for line in text.splitlines() if line.strip()]
    errors = [line.removeprefix("E ") for line in lines if line.startswith("E  ")]
    return _TOOK.sub("", (errors or lines or ["no output"])[-1].strip())


# What follows runs in the child.


def _child(job: Job, writer: Connection) -> None:
    _become_independent(job)
    gc.freeze()  # what was imported before will not become garbage: do not search it each time
    import pytest

    writer.send(("begun", None))
    recorder = _recorder(job)
    collector = _Collector(writer, recorder)
    # What is imported before pytest starts cannot be rewritten, nor needs to be. Assertions are
    # told in full: the text may state any part of them.
    options = (
        *("-p", "no:cacheprovider", "--tb=short", "-q"),
        # At the end of each run it imports all of hypothesis, which no proof needs.
        *("-p", "no:hypothesispytest"),
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
    if inherited := kept.get("PYTHONPATH"):
        paths.append(inherited)
    return kept | {
        "TEST_DATABASE_URL": job.database_url,
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": os.pathsep.join(paths),
    }


class _Collector:
    """The pytest plugin that tells the parent what happens."""

    def __init__(self, writer: Connection, recorder: "TestRecorder | None") -> None:
        self._writer = writer
        self._recorder = recorder
        self._rules: dict[str, frozenset[str]] = {}
        self._reports: list[pytest.TestReport] = []
        self._members: dict[str, str] = {}
        self._told = False

    def tell_end(self, error: BaseException) -> bool:
        """Tell an error that came after the tests; False if there were none that it came after."""
        if self._told:
            message = f"{type(error).__name__}: {error}"
            self._send("finished", Outcome(AFTER_THE_TESTS, frozenset(), "failed", (message,)))
        return self._told

    def pytest_configure(self, config: "pytest.Config") -> None:
        config.addinivalue_line("markers", "rule(name): the rule that the test proves")

    def pytest_itemcollected(self, item: "pytest.Item") -> None:
        marks = item.iter_markers("rule")
        self._rules[item.nodeid] = frozenset(str(name) for mark in marks for name in mark.args)

    def pytest_collectreport(self, report: "pytest.CollectReport") -> None:
        if report.outcome != "passed":
            messages = (_message(report),)
            self._send("finished", Outcome(report.nodeid, frozenset(), report.outcome, messages))

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self._reports = []
        self._members = {}
        if self._recorder:
            self._recorder.test = nodeid
        self._send("started", Outcome(nodeid, self._rules.get(nodeid, frozenset()), "failed"))

    def pytest_runtest_logreport(self, report: "pytest.TestReport") -> None:
        self._reports.append(report)

    def pytest_exception_interact(
        self, call: "pytest.CallInfo[object]", report: "pytest.TestReport | pytest.CollectReport"
    ) -> None:
        """Note what a group of exceptions holds, of which a report says only how many."""
        error = call.excinfo.value if call.excinfo else None
        if isinstance(error, BaseExceptionGroup) and report.when:
            self._members[report.when] = "; ".join(map(_named, _members_of(error)))

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        statuses = {report.outcome for report in self._reports}
        worst: Status = "passed"
        if "failed" in statuses:
            worst = "failed"
        elif "skipped" in statuses or not statuses:
            worst = "skipped"
        told = tuple(
            self._members.get(report.when or "") or _message(report)
            for report in self._reports
            if report.outcome == worst
        )
        seconds = sum(report.duration for report in self._reports)
        messages = told if worst != "passed" else ()
        rules = self._rules.get(nodeid, frozenset())
        recording = None
        if self._recorder:
            self._recorder.test = ""
            recording = self._recorder.take()
        self._send("finished", Outcome(nodeid, rules, worst, messages, seconds, recording))

    def _send(self, kind: str, outcome: Outcome) -> None:
        self._told = True
        self._writer.send((kind, outcome))


def _members_of(group: BaseExceptionGroup[BaseException]) -> Iterator[BaseException]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _members_of(error)
        else:
            yield error


def _named(error: BaseException) -> str:
    return _as_worded(f"{type(error).__name__}: {error}")


def _as_worded(message: str) -> str:
    """Leave out what pytest adds to an assertion that says itself what is wrong."""
    return message.partition("\nassert ")[0] if message.startswith("AssertionError: ") else message


def _message(report: "pytest.TestReport | pytest.CollectReport") -> str:
    """Give the text of the exception that ended a test, or of the reason that it was skipped."""
    from _pytest._code.code import ExceptionRepr

    representation = report.longrepr
    if hasattr(report, "wasxfail"):
        return f"expected to fail: {report.wasxfail}"
    if isinstance(representation, ExceptionRepr) and representation.reprcrash is not None:
        return _as_worded(representation.reprcrash.message)
    if isinstance(representation, tuple):
        return str(representation[2])
    return _error_line(str(representation))
