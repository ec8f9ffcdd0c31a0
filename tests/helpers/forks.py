"""Runs of pytest and mypy in forks of a process that has imported what services stand on."""

import gc
import os
import runpy
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from async_db.proving import warm_context

SECONDS = 300.0
# What is imported before pytest starts cannot be rewritten, nor needs to be. What of the pack's
# own plugins costs time, and no test that is run here needs.
OPTIONS = (
    *("-p", "no:cacheprovider", "-p", "no:hypothesispytest", "-p", "no:typeguard"),
    *("-W", "ignore:Module already imported:pytest.PytestAssertRewriteWarning"),
)


def run_pytest(
    folder: Path, arguments: Sequence[str], environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Do what `python -m pytest -q` does in a folder, without the second that its imports take.

    Args:
        folder: the current folder of the run.
        arguments: of pytest.
        environment: the whole of it.
    """
    return run_module(folder, "pytest", ("-q", *OPTIONS, *arguments), environment)


def run_module(
    folder: Path, module: str, arguments: Sequence[str], environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Do what `python -m` does with a module in a folder; all that it writes is one text."""
    with tempfile.TemporaryDirectory() as own:
        output = Path(own) / "output.txt"
        # Every context has Process; the base class, which is the declared type, leaves it out.
        child = warm_context().Process(  # type: ignore[attr-defined]
            target=_run, args=(folder, module, tuple(arguments), dict(environment), output)
        )
        child.start()
        child.join(SECONDS)
        if child.exitcode is None:
            child.kill()
            child.join()
        said = output.read_text("utf-8", "replace") if output.exists() else ""
        return subprocess.CompletedProcess(arguments, child.exitcode, said, "")


def _run(
    folder: Path,
    module: str,
    arguments: Sequence[str],
    environment: Mapping[str, str],
    output: Path,
) -> None:
    if sys.platform != "win32":
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    written = os.open(output, os.O_WRONLY | os.O_CREAT, 0o600)
    for stream in (1, 2):
        os.dup2(written, stream)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.dont_write_bytecode = True
    path = environment.get("PYTHONPATH", "").split(os.pathsep)
    sys.path[:0] = [str(folder), *filter(None, path)]
    sys.argv = [module, *arguments]
    gc.freeze()  # what was imported before does not have to be looked through again
    runpy.run_module(module, run_name="__main__")
