"""A service of files, really served by uvicorn."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx

_RUNNING = re.compile(r"running on (http://127\.0\.0\.1:\d+)")


def write_files(folder: Path, texts: Mapping[str, str]) -> None:
    """Write files below a folder."""
    for path, text in texts.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")


@contextmanager
def served(folder: Path, **environment: str) -> Iterator[httpx.Client]:
    """Serve `app.main:app` of a folder, and give a client of it.

    Parameters:
        folder: of the service.
        environment: variables that it is given, beside our own.

    Raises:
        AssertionError: it did not start, or did not end by itself; with what it said.
    """
    command = [sys.executable, "-m", "uvicorn", "app.main:app", "--port", "0"]
    process = subprocess.Popen(  # noqa: S603 (our own command)
        command,
        cwd=folder,
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    said: list[str] = []
    try:
        for line in process.stderr:
            said.append(line)
            found = _RUNNING.search(line)
            if found is not None:
                break
        else:
            raise AssertionError("".join(said))
        with httpx.Client(base_url=found[1], timeout=30) as client:
            yield client
        process.send_signal(signal.SIGINT)
        said += process.communicate(timeout=30)[1].splitlines(keepends=True)
        assert "Application shutdown complete" in "".join(said), "".join(said)
        assert "Traceback" not in "".join(said), "".join(said)
    finally:
        process.kill()
        process.communicate()
