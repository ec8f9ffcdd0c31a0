"""Which attributes are loaded by being read, by whom, and where their objects come from."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import replace
from inspect import unwrap
from types import CodeType, FrameType
from typing import TYPE_CHECKING, Any, Literal, cast

from sqlalchemy.orm.base import ATTR_EMPTY, PASSIVE_NO_RESULT, SQL_OK, instance_state

from ...records import FOR_THE_RESPONSE, LoadKind, Place, RecordedLoad
from ..attribute_reads import kind_of_load
from ..source_locations import SourceLocations
from .frames import Frames, frames_from, library_name

if TYPE_CHECKING:
    from sqlalchemy.orm import ORMExecuteState

MADE = "_async_db_made"
"""Where an object's state, and a query's options, keep the place that they come from."""
LOADER = "_fire_loader_callables"
"""The method of SQLAlchemy's by which every attribute is loaded that is not there."""
_Reader = tuple[Place, str]


class LoadRecorder:
    """Keeps what is loaded by being read.

    Parameters:
        frames: which are the project's own.
        places: the same.
    """

    def __init__(self, frames: Frames, places: SourceLocations) -> None:
        self._frames = frames
        self._places = places
        self.limits: set[int] = set()
        """The identities of code beyond whose callers nothing is looked at, as it serves a route."""
        self.endpoint: ContextVar[Any] = ContextVar("endpoint", default=None)
        self._loads: dict[RecordedLoad, bool] = {}
        self._thread = threading.local()

    @property
    def loads(self) -> tuple[RecordedLoad, ...]:
        return tuple(replace(load, sent=sent) for load, sent in self._loads.copy().items())

    def statement(self) -> None:
        """Take note that this thread sends a statement."""
        self._thread.statements = self._statements + 1

    @property
    def _statements(self) -> int:
        return getattr(self._thread, "statements", 0)

    def query(self, executed: ORMExecuteState) -> None:
        """Have a query keep where it stands, for the objects that it loads."""
        if executed.is_select:
            reader = self._reader(sys._getframe(1))
            if reader is not None:
                executed.update_execution_options(**{MADE: reader[0]})

    def loaded(self, row: object, context: Any) -> None:
        """Note which query has loaded an object."""
        if context is None:
            return  # it was put together of what a cache or another session has
        state: Any = instance_state(row)
        state.__dict__[MADE] = "query", context.execution_options.get(MADE)

    def constructed(self, row: object) -> None:
        """Note where an object is made."""
        reader = self._reader(sys._getframe(1))
        state: Any = instance_state(row)
        state.__dict__[MADE] = "constructor", reader and reader[0]

    def load(self, load: Callable[..., Any], impl: Any, state: Any, key: str, passive: Any) -> Any:
        """Load an attribute as SQLAlchemy does, and note it if that was read."""
        noted = None
        if passive & SQL_OK and state.key:
            noted = self._before(state, key)
        before = self._statements
        value = load(impl, state, key, passive)
        sent = self._statements > before
        nothing = value is None or value is PASSIVE_NO_RESULT or value is ATTR_EMPTY
        if noted is not None and (sent or not nothing):
            self._loads[noted] = self._loads.get(noted, False) or sent
        return value

    def _before(self, state: Any, key: str) -> RecordedLoad | None:
        """Give the load that begins, if the attribute is read for it."""
        read = self._reader(sys._getframe(1), reading=True)
        if read is None:
            return None
        kind: LoadKind = "relationship"
        if key not in state.mapper.relationships:
            kind = cast(LoadKind, kind_of_load(state, key, state.session))
        made_by: Literal["query", "constructor", ""]
        made_by, made = state.__dict__.get(MADE, ("", None))
        owner = state.class_
        return RecordedLoad(
            owner.__qualname__.replace("<locals>.", ""),
            self._path_of(owner),
            key,
            kind,
            False,
            *read,
            made_by if made else "",
            made,
        )

    def _path_of(self, owner: type) -> str:
        file = getattr(sys.modules.get(owner.__module__), "__file__", None) or ""
        return self._places.path_of_file(file) or ""

    def _reader(self, frame: FrameType | None, *, reading: bool = False) -> _Reader | None:
        """Give the innermost place of the project's own, and which library it called.

        Parameters:
            frame: where to begin.
            reading: whether nothing counts but an attribute that is read.
        """
        between = None
        above = frames_from(frame, self.limits)
        for each in _behind_a_read(above) if reading else above:
            if self._frames.path_of(each.f_code) is not None:
                return self._frames.place_of(each), _named(between)
            between = each
        return None if reading and between is None else self._served()

    def _served(self) -> _Reader | None:
        """Give the path operation that is being served, which reads on behalf of its response."""
        endpoint = self.endpoint.get()
        if endpoint is None:
            return None
        code = getattr(unwrap(endpoint), "__code__", None)
        path = self._frames.path_of(code) if isinstance(code, CodeType) else None
        if code is None or path is None:
            return None
        _, function = self._frames.names_of(code)
        return Place(path, function, (code.co_firstlineno, 0)), FOR_THE_RESPONSE


def _behind_a_read(above: Iterator[FrameType]) -> Iterator[FrameType]:
    """Give what stands over the reading of an attribute, if SQLAlchemy's code begins with one."""
    read = False
    for each in above:
        if read:
            yield each
            continue
        file, name = each.f_code.co_filename.replace("\\", "/"), each.f_code.co_name
        if "/sqlalchemy/" not in file or name == LOADER:
            return  # another attribute's loader needs this one; nobody reads it
        read = name == "__get__" and file.endswith("/orm/attributes.py")


def _named(frame: FrameType | None) -> str:
    return "" if frame is None else library_name(frame)
