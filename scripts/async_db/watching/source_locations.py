"""Whose line it is: what runs now, and what waits, told as places in the project's own code."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

MAX_FRAMES = 120
INSTALLED = ("site-packages", "dist-packages")


class SourceLocations:
    """Tells the project's own code, as ``path:line``, from all other.

    Parameters:
        root: the project; lines outside it, or of installed packages in it, are not its own.
        limits: code beyond whose callers nothing is looked at: in one process, a request's
            callers are the test that sends it, and the middleware around its operation.
    """

    def __init__(self, root: Path, limits: frozenset[CodeType] = frozenset()) -> None:
        self._root = f"{root}/"
        self._limits = limits  # by their identity below: the hash of code is that of all it has
        self._limit_ids = frozenset(map(id, limits))
        self._own: dict[str, str | None] = {}
        """Of files that have been met: the path of the project's own, None of all others."""

    def here(self) -> str:
        """Name the innermost line of the project's own code that is running now, if any."""
        return self.line_of(self.frame())

    def line_of(self, frame: FrameType | None) -> str:
        """Name the line of a frame of the project's own code."""
        return f"{self.path_of(frame.f_code)}:{frame.f_lineno}" if frame else ""

    def frame(self) -> FrameType | None:
        """Give the innermost frame of the project's own code that is running now, if any."""
        return self._own_frame(sys._getframe(1), outside=False)

    def calling_frame(self) -> FrameType | None:
        """Give the frame of the project's own code that has called SQLAlchemy's, which awaits it.

        Between them is nothing of the project's own but what SQLAlchemy calls, such as a listener.
        """
        return self._own_frame(awaiting_frame(), outside=True)

    def _own_frame(self, frame: FrameType | None, *, outside: bool) -> FrameType | None:
        own, limits = self._own, self._limit_ids
        for _ in range(MAX_FRAMES):
            if frame is None:
                if outside:
                    return None
                frame, outside = awaiting_frame(), True
                continue
            code = frame.f_code
            if id(code) in limits:
                return None
            # Most files are known, and a call takes as long as all else here.
            file = code.co_filename
            if (own[file] if file in own else self.path_of(code)) is not None:
                return frame
            frame = frame.f_back
        return None

    def path_of(self, code: CodeType) -> str | None:
        """Give the path of a project's own code, relative to the project; None for other code."""
        return self.path_of_file(code.co_filename)

    def path_of_file(self, file: str) -> str | None:
        """Give the path of a file of the project's own, as `path_of` does."""
        if file not in self._own:
            self._own[file] = self._inside(file)
        return self._own[file]

    def _inside(self, file: str) -> str | None:
        # An environment within the project has scripts, too, such as the one that starts a server.
        environment = sys.prefix if sys.prefix != sys.base_prefix else ""
        if environment.startswith(self._root) and file.startswith(f"{environment}/"):
            return None
        path = file.removeprefix(self._root)
        inside = path != file and not any(part in path for part in INSTALLED)
        return path if inside else None

    def definition_of(self, function: object) -> str:
        """Name the line where a function of the project's own is defined, if it is one."""
        code = getattr(function, "__code__", None)
        path = self.path_of(code) if isinstance(code, CodeType) else None
        return f"{path}:{code.co_firstlineno}" if code and path else ""


@lru_cache(maxsize=10_000)  # it is asked of few places, for each event
def is_test(place: str) -> bool:
    """Whether a line is in a test file or in a folder of tests."""
    path = Path(place.rpartition(":")[0])
    name = path.name
    is_test_file = name == "conftest.py" or name.startswith("test_") or name.endswith("_test.py")
    return is_test_file or bool({"test", "tests"} & set(path.parts[:-1]))


def awaited_by(coroutine: object) -> Iterator[FrameType]:
    """Go from a suspended coroutine to what it awaits, as far as Python tells: innermost last."""
    inner: Any = coroutine
    for _ in range(MAX_FRAMES):
        frame = _frame_of(inner)
        if frame is None:
            return
        yield frame
        inner = _awaited(inner)


def _frame_of(inner: Any) -> FrameType | None:
    for name in ("cr_frame", "gi_frame", "ag_frame"):
        frame = getattr(inner, name, None)
        if isinstance(frame, FrameType):
            return frame
    return None


def _awaited(inner: Any) -> object:
    for name in ("cr_await", "gi_yieldfrom", "ag_await"):
        awaited = getattr(inner, name, None)
        if awaited is not None:
            return awaited
    return None


def awaiting_frame() -> FrameType | None:
    """Return where the coroutine waits on whose behalf SQLAlchemy runs this greenlet, if it does."""
    greenlet = sys.modules.get("greenlet")
    current = greenlet.getcurrent() if greenlet else None
    parent = getattr(current, "parent", None)
    frame: FrameType | None = getattr(parent, "gr_frame", None)
    return frame
