"""Which functions of a package are being called."""

from __future__ import annotations

import sys
from functools import lru_cache
from pathlib import Path
from types import FrameType

MAX_CALLS = 40
STARTERS = frozenset({"create_task", "ensure_future", "_ensure_future", "shield", "gather"})
OURS = Path(__file__).parent.as_posix()


def calls(package: str, names: frozenset[str]) -> bool:
    """Whether one of a package's functions of these qualified names is being called, of late."""
    frame: FrameType | None = sys._getframe(1)
    for _ in range(MAX_CALLS):
        if frame is None:
            return False
        if frame.f_code.co_qualname in names and package in frame.f_code.co_filename:
            return True
        frame = frame.f_back
    return False


def started_by(package: str, frame: FrameType | None) -> bool:
    """Whether it is a function of a package that has a task started, and nothing it calls.

    Parameters:
        package: its name.
        frame: what calls the loop's own method.
    """
    while frame is not None:
        if frame.f_code.co_name not in STARTERS:
            of_package = _is_of(package, frame.f_code.co_filename)
            if of_package is not None:
                return of_package
        frame = frame.f_back
    return False


@lru_cache(maxsize=10_000)
def _is_of(package: str, file: str) -> bool | None:
    """Say whether a file is a package's; of our own, which stand in between, nothing."""
    return None if file.startswith(OURS) else f"/{package}/" in file.replace("\\", "/")
