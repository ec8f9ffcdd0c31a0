"""mypy, run over a folder in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

_CONFIGURATION = """\
[mypy]
ignore_missing_imports = True
follow_imports = silent
check_untyped_defs = True
allow_redefinition = True
namespace_packages = True
explicit_package_bases = True
show_column_numbers = True
show_error_codes = False
error_summary = False
color_output = False
pretty = False
warn_unused_configs = False
strict_equality = True
enable_error_code = unused-awaitable, truthy-bool
"""
"""Ours, so that none of the target's is read: it could name plugins, which mypy runs."""
_MOST_SECONDS = 900
_UNDERSTOOD = (0, 1)


class NoAnswer(Exception):
    """There is no type checker, or it gave up; the message is one line."""


def is_installed() -> bool:
    """Say whether there is a mypy in this environment."""
    return find_spec("mypy") is not None


def run_mypy(folder: Path, cache: Path) -> str:
    """Have mypy read all of a folder, and give what it says.

    Libraries are those of this environment: that of the target is not asked, as its Python would
    run what is installed there.

    Parameters:
        folder: whose Python files are read; imports are looked for there first.
        cache: the folder that mypy keeps what it has read in.

    Raises:
        NoAnswer: it is not installed, takes too long, or cannot read the folder at all.
    """
    if not is_installed():
        raise NoAnswer("mypy is not installed here")
    configuration = cache / "mypy.ini"
    cache.mkdir(parents=True, exist_ok=True)
    configuration.write_text(_CONFIGURATION, encoding="utf-8")
    # Isolated, or the folder that it runs in would hide modules that mypy itself imports.
    command = [sys.executable, "-I", "-m", "mypy", "--config-file", str(configuration)]
    try:
        done = subprocess.run(  # noqa: S603 (our own Python, arguments as a list)
            [*command, "--cache-dir", str(cache), "."],
            cwd=folder,
            env={"PATH": "", "HOME": str(cache)},
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=_MOST_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise NoAnswer(f"mypy took more than {_MOST_SECONDS} seconds") from error
    except OSError as error:
        raise NoAnswer(f"mypy cannot be started: {error.strerror}") from error
    if done.returncode not in _UNDERSTOOD:
        lines = (done.stderr or done.stdout).strip().splitlines()
        raise NoAnswer(f"mypy gave up: {lines[-1] if lines else done.returncode}")
    return done.stdout
