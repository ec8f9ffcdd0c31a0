"""Which functions of a project's own stand over the database, and by which calls."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from types import CodeType, FrameType

from ...records import ITERATED, RecordedCall, RecordedFunction
from .frames import FOLDED, Frames, frames_from, is_function, is_iterated, library_name

_DATABASES = frozenset({"sqlalchemy", "sqlmodel", "flask_sqlalchemy", "starlette", "fastapi"})
"""What has the methods that become coroutines: sessions' and engines', and the test client's."""
_CLIENTS = ("starlette.testclient.", "fastapi.testclient.")
_OF_CLIENTS = ("httpx", "requests")
"""What a test client inherits its methods from."""
_READING = frozenset({"__get__", "__getattr__", "__getattribute__"})
_TRANSPARENT = frozenset({"contextlib", "functools"})
"""What only calls on: generators as context managers, decorators."""


@dataclass(slots=True)
class _Below:
    """What the frame above runs.

    Parameters:
        name, path: as the callee of a `RecordedCall`.
        code: of the callee, if it is the project's own.
        folded_into: the function and the path of which it is a part, if it is a comprehension.
        direct: whether only calls of the project's own lie between it and the database.
    """

    name: str
    path: str
    code: CodeType | None = None
    folded_into: tuple[str, str] | None = None
    direct: bool = True


class CallRecorder:
    """Keeps, by exact positions, what stands over the database.

    Parameters:
        frames: which are the project's own.
    """

    def __init__(self, frames: Frames) -> None:
        self._frames = frames
        self._functions: dict[tuple[str, str, int], bool] = {}
        self._calls: set[RecordedCall] = set()
        self._known: dict[tuple[int, int, int | str, str], bool] = {}

    @property
    def functions(self) -> tuple[RecordedFunction, ...]:
        return tuple(RecordedFunction(*key, each) for key, each in self._functions.copy().items())

    @property
    def calls(self) -> tuple[RecordedCall, ...]:
        return tuple(self._calls.copy())

    def reached(self, called: str = "") -> None:
        """Note all that stands over the caller, who does something to the database.

        Parameters:
            called: what is about to be called, if no frame of its own says so.
        """
        below = _Below(called, "") if called else None
        between: list[FrameType] = []
        for frame in frames_from(sys._getframe(1)):
            path = self._frames.path_of(frame.f_code)
            if path is None:
                between.append(frame)
                continue
            below = self._note(frame, path, below, between)
            between = []
            if below is None:
                return  # a module that is imported is nothing that its importers call

    def _note(
        self, frame: FrameType, path: str, below: _Below | None, between: list[FrameType]
    ) -> _Below | None:
        code = frame.f_code
        name, function = self._frames.names_of(code)
        via, direct = "", True
        if below is None or below.code is None:
            below, direct = _of_library(below, between)
        elif between:
            via = library_name(between[-1])
            direct = below.direct and all(_top(each) in _TRANSPARENT for each in between)
        else:
            direct = below.direct
        by_reading = below.code is None and _last(below.name) in _READING
        if (between or below.folded_into != (function, path)) and not by_reading:
            self._note_call(frame, path, function, below, via)
        if not is_function(code):
            return None
        if code.co_name in FOLDED:
            return _Below(name, path, code, (function, path), direct)
        key = (path, function, code.co_firstlineno)
        if direct or key not in self._functions:
            self._functions[key] = direct
        return _Below(name, path, code, None, direct)

    def _note_call(
        self, frame: FrameType, path: str, function: str, below: _Below, via: str
    ) -> None:
        callee = below.name if below.code is None else id(below.code)
        key = (id(frame.f_code), frame.f_lasti, callee, via)
        if key in self._known:
            return
        self._known[key] = True
        running = self._frames.running(frame)
        if running is None:
            return
        kind = running.kind
        if below.code is None and _last(below.name) in (
            "__enter__",
            "__exit__",
            "__aenter__",
            "__aexit__",
        ):
            kind = "with"  # it is left by a call, which stands where it is entered
        iterated = below.code is not None and is_iterated(below.code)
        if kind == "call" and iterated and not via:
            via = ITERATED
        self._calls.add(
            RecordedCall(
                *(path, running.start, running.end, function),
                *(below.name, below.path, kind, via),
            )
        )


def _of_library(below: _Below | None, between: list[FrameType]) -> tuple[_Below, bool]:
    """Give what a function of the project's own calls of a library, and whether that is its own."""
    if not between:
        return below or _Below("", ""), True
    name, top = library_name(between[-1]), _top(between[-1])
    if below is not None and below.name.startswith(_CLIENTS) and top.startswith(_OF_CLIENTS):
        owner, _, _ = below.name.rpartition(".")
        return _Below(f"{owner}.{_last(name)}", ""), True
    return _Below(name, ""), top in _DATABASES and _last(name) not in _READING


def _last(name: str) -> str:
    return name.rpartition(".")[2]


def _top(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", "")).partition(".")[0]
