"""The frames that stand over something, and what each of them is just running."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from dis import opname
from inspect import CO_ASYNC_GENERATOR, CO_COROUTINE, CO_GENERATOR, CO_OPTIMIZED
from itertools import islice
from pathlib import Path
from types import CodeType, FrameType

from ...records import CallKind, Place
from ..source_locations import SourceLocations, awaiting_frame

OURS = Path(__file__).resolve().parents[1].as_posix()
FOLDED = frozenset({"<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>", "<lambda>"})
"""Names of code that stands within a function, and is told as that function's."""
_KINDS: dict[str, CallKind] = {
    "CALL": "call",
    "PRECALL": "call",
    "CALL_KW": "call",
    "CALL_FUNCTION_EX": "call",
    "LOAD_ATTR": "read",
    "LOAD_METHOD": "read",
    "LOAD_SUPER_ATTR": "read",
    "BEFORE_WITH": "with",
    "BEFORE_ASYNC_WITH": "with",
    "LOAD_SPECIAL": "with",
    "WITH_EXCEPT_START": "with",
    "GET_ITER": "for",
    "FOR_ITER": "for",
    "SEND": "await",
    "YIELD_VALUE": "await",
    "RESUME": "await",
}
_ITERABLE = CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR


@dataclass(frozen=True, slots=True)
class Running:
    """What a frame is just running.

    Parameters:
        kind: how.
        start, end: where that is written, as in a `RecordedCall`.
    """

    kind: CallKind
    start: tuple[int, int]
    end: tuple[int, int]


class Frames:
    """Tells frames and places of a project's own.

    Parameters:
        places: what is its own.
    """

    def __init__(self, places: SourceLocations) -> None:
        self._places = places
        self._running: dict[tuple[int, int], Running | None] = {}
        self._names: dict[int, tuple[str, str]] = {}
        self._kept: dict[int, CodeType] = {}
        """Code whose identity is a key above, which must not become another's."""
        self.without_positions = False

    def path_of(self, code: CodeType) -> str | None:
        """Give the path of a project's own Python code; None for other code."""
        path = self._places.path_of(code)
        return path if path is not None and path.endswith(".py") else None

    def names_of(self, code: CodeType) -> tuple[str, str]:
        """Give the dotted name of code, as it is and as that of the function it stands in."""
        key = id(code)
        if key not in self._names:
            self._kept[key] = code
            parts = code.co_qualname.replace("<locals>.", "").split(".")
            own = ".".join(parts)
            while parts and parts[-1] in FOLDED:
                parts.pop()
            self._names[key] = own, ".".join(part for part in parts if part != "<module>")
        return self._names[key]

    def running(self, frame: FrameType) -> Running | None:
        """Give what a frame is just running, if Python has kept where that is written."""
        code, instruction = frame.f_code, frame.f_lasti
        key = id(code), instruction
        if key not in self._running:
            self._kept[id(code)] = code
            self._running[key] = _running(code, instruction)
        found = self._running[key]
        self.without_positions = self.without_positions or found is None
        return found

    def place_of(self, frame: FrameType) -> Place:
        """Give the place in a project's own code that a frame is just running."""
        running = self.running(frame)
        path = self.path_of(frame.f_code) or ""
        _, function = self.names_of(frame.f_code)
        if running is None:
            return Place(path, function, (frame.f_lineno, 0))
        return Place(path, function, running.start, running.end)


def is_function(code: CodeType) -> bool:
    """Say whether code is a function's, and not a module's or the body of a class."""
    return bool(code.co_flags & CO_OPTIMIZED)


def is_iterated(code: CodeType) -> bool:
    """Say whether code runs when its object is iterated over or awaited, and not by being called."""
    return bool(code.co_flags & _ITERABLE)


def frames_from(frame: FrameType | None, limits: Collection[int] = ()) -> Iterator[FrameType]:
    """Give a frame and those that stand over it, innermost first, but for the watching's own.

    Parameters:
        frame: where to begin.
        limits: the identities of code at which to stop.
    """
    outside = False
    while True:
        if frame is None:
            # SQLAlchemy runs the sync code of an async session on a stack of its own.
            frame = None if outside or "greenlet" not in sys.modules else awaiting_frame()
            outside = True
            if frame is None:
                return
        if id(frame.f_code) in limits:
            return
        if not frame.f_code.co_filename.startswith(OURS):
            yield frame
        frame = frame.f_back


def library_name(frame: FrameType) -> str:
    """Name what a frame of a library's runs, by the shortest module that exports it."""
    module = str(frame.f_globals.get("__name__", ""))
    qualname = frame.f_code.co_qualname
    first = qualname.partition(".")[0]
    defined = getattr(sys.modules.get(module), first, None)
    parts = module.split(".")
    for length in range(1, len(parts)):
        above = ".".join(parts[:length])
        if defined is not None and vars(sys.modules.get(above, sys)).get(first) is defined:
            return f"{above}.{qualname}"
    return f"{module}.{qualname}"


def _running(code: CodeType, instruction: int) -> Running | None:
    spot = next(islice(code.co_positions(), instruction // 2, None), None)
    if spot is None or None in spot:
        return None
    line, end_line, column, end_column = spot
    # What a call leaves behind are places for caches, which stand where it does.
    while instruction > 0 and opname[code.co_code[instruction]] == "CACHE":
        instruction -= 2
    kind = _KINDS.get(opname[code.co_code[instruction]], "other")
    return Running(kind, (line or 0, column or 0), (end_line or 0, end_column or 0))
