"""The pack's own code is formatted, clean and strictly typed."""

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize(
    "command",
    [
        ("ruff", "format", "--check", "--no-cache", "."),
        ("ruff", "check", "--no-cache", "."),
        ("mypy",),
    ],
    ids=" ".join,
)
def test_the_code_is_clean(root: Path, command: tuple[str, ...]) -> None:
    done = subprocess.run(  # noqa: S603 (our own tools, arguments as a list)
        [sys.executable, "-m", *command], cwd=root, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
