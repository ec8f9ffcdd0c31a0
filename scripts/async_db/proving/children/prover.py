"""Runs pytest on a project in a child process and tells what happened to each test.

Importing what a service stands on takes longer than most proofs, so children are forked from one
process that has imported it already; where there is no fork, each child imports it anew. A child
never has the service's own package from anyone else: it imports that by itself.
"""

import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from multiprocessing import connection, forkserver, get_all_start_methods, get_context
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext, ForkServerProcess, SpawnProcess
from pathlib import Path
from threading import Lock

from async_db.proving.children.child import run_child
from async_db.proving.children.job import Job, Outcome, Report
from async_db.proving.children.messages import error_line
from async_db.servers import PostgresError, short_temporary_folder

# What a service, its tests and pytest itself import; one that is missing is left to the child.
WARM_MODULES = (
    *("pytest", "_pytest.assertion.rewrite", "_pytest.faulthandler", "_pytest.helpconfig"),
    *("_pytest.pastebin", "_pytest.setuponly", "_pytest.setupplan", "_pytest.skipping"),
    *("_pytest.threadexception", "_pytest.unittest", "_pytest.unraisableexception"),
    *("_pytest.warnings", "pytest_asyncio.plugin", "anyio.pytest_plugin", "difflib", "pdb"),
    *("xdist.plugin", "xdist.looponfail", "xdist.newhooks", "execnet.multi"),
    *("_pytest._argcomplete", "platformdirs.pytest_plugin"),
    *("fastapi", "fastapi.responses", "starlette.middleware.trustedhost"),
    *("uvicorn", "uvicorn.logging", "uvicorn.lifespan.on", "uvicorn.protocols.http.auto"),
    *("uvicorn.protocols.websockets.auto",),
    *("httpx", "httpcore._async", "httpcore._sync", "certifi", "h11", "asgi_lifespan"),
    *("sqlalchemy.ext.asyncio", "sqlalchemy.orm", "sqlalchemy.dialects.postgresql.asyncpg"),
    *("sqlalchemy.dialects.sqlite.aiosqlite", "asyncpg", "aiosqlite", "alembic.command"),
    *("alembic.config", "async_db.servers"),
    *("pydantic_settings", "pythonjsonlogger.json", "_pytest.junitxml", "tomllib"),
    *("modern_di_fastapi", "async_db.watching", "async_db.proving.children.child"),
    # FastAPI looks into it when a route is made; from Python 3.14 on it only warns.
    *(("pydantic.v1",) if sys.version_info < (3, 14) else ()),
)

_POLL_SECONDS = 0.1
_START_SECONDS = 60.0
_SETTLE_SECONDS = 10.0


class ProvingError(Exception):
    """Children cannot be started here at all; the message is one line."""


class Interrupted(Exception):
    """Whoever asked for the run no longer wants it."""


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
        self._context = warm_context(modules)

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
            and f"{report.unusable}: {error_line(job.log.read_text('utf-8', 'replace'))}"
        )
        return replace(report, unusable=unusable, seconds=seconds)

    def _process(self, job: Job, writer: Connection) -> ForkServerProcess | SpawnProcess:
        # Not a daemon: those may not have children, and proofs may need some.
        # Every context has Process; the base class, which is the declared type, leaves it out.
        process: ForkServerProcess | SpawnProcess = self._context.Process(  # type: ignore[attr-defined]
            target=run_child, args=(job, writer), daemon=False
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


def warm_context(modules: tuple[str, ...] = WARM_MODULES) -> BaseContext:
    """Start the process that children are forked from, where there is fork.

    There is one for each process, with the modules that it was first started with.

    Raises:
        ProvingError: it cannot be started here.
    """
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
        with _finding_our_own():
            forkserver.ensure_running()
    except (OSError, PostgresError) as error:
        raise ProvingError(f"no process to run proofs in: {error}") from error
    finally:
        tempfile.tempdir = folder
        signal.pthread_sigmask(signal.SIG_SETMASK, signals)
    return context


@contextmanager
def _finding_our_own() -> Iterator[None]:
    """Let a process that is started find what is imported from here.

    Before Python 3.13 the one that children are forked from is not told where its parent looks,
    and leaves out, silently, what it does not find.
    """
    inherited = os.environ.get("PYTHONPATH")
    paths = (str(Path(__file__).resolve().parents[3]), inherited)
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
    try:
        yield
    finally:
        del os.environ["PYTHONPATH"]
        if inherited is not None:
            os.environ["PYTHONPATH"] = inherited


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
