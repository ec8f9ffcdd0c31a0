"""The benchmarks can be called; what they measure is not asserted here."""

import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = sorted((Path(__file__).parent / "benchmarks").glob("*.py"))


@pytest.mark.parametrize("path", BENCHMARKS, ids=lambda path: path.stem)
@pytest.mark.parametrize(("option", "code"), [("--help", 0), ("--pairs=0", 2)])
def test_calls_are_answered(path: Path, option: str, code: int) -> None:
    done = subprocess.run(  # noqa: S603 (our own command)
        [sys.executable, str(path), option], capture_output=True, text=True, check=False
    )
    assert done.returncode == code, done.stderr
    assert "examples:" in done.stdout if code == 0 else "not a positive number" in done.stderr
