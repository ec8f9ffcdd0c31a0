"""Which functions of a package are being called."""

from __future__ import annotations

import sys
from types import FrameType

MAX_CALLS = 40


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
