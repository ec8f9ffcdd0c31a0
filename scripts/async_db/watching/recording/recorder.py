"""A record of one process, made while its tests run; a fault of its own is noted and not raised."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...records import Record, merged, settled
from ..error_text import describe_error
from ..source_locations import SourceLocations
from .calls import CallRecorder
from .frames import Frames
from .loads import LoadRecorder

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection
    from sqlalchemy.orm import ORMExecuteState

NO_POSITIONS = (
    "Python keeps no positions here (PYTHONNODEBUGRANGES or -X no_debug_ranges): calls are left out"
)


class RunRecorder:
    """Records what this process does to its databases.

    Sessions do not expire what they commit meanwhile, as async ones must not: what is loaded by
    being read is then what would fail there.

    Parameters:
        root: the project; code outside it is not its own.
        expires: whether they do all the same.
    """

    def __init__(self, root: Path, *, expires: bool = False) -> None:
        self._expires = expires
        places = SourceLocations(root)
        self._frames = Frames(places)
        self._calls = CallRecorder(self._frames)
        self.loads = LoadRecorder(self._frames, places)
        self._problem = ""

    def record(self) -> Record:
        """Give what has been seen so far; its places are those that Python tells."""
        problems = [self._problem] if self._problem else []
        if self._frames.without_positions:
            problems.append(NO_POSITIONS)
        return Record(
            files={},
            functions=self._calls.functions,
            calls=self._calls.calls,
            loads=self.loads.loads,
            problems=tuple(problems),
            expire_on_commit=self._expires,
        )

    def _guarded(self, call: Callable[..., None], *arguments: object) -> None:
        try:
            call(*arguments)
        except Exception as error:  # noqa: BLE001 (whatever it is, the tests must not notice)
            self._problem = self._problem or f"did not see everything: {describe_error(error)}"

    def called(self, name: str, of: object) -> None:
        """Take note of a call that becomes one of a coroutine."""
        if name.endswith("Session.commit"):
            self.never_expire(of)
        self._guarded(self._calls.reached, name)

    def never_expire(self, session: Any) -> None:
        """Have a session keep what it commits."""
        if not self._expires:
            session.expire_on_commit = False

    def load(self, load: Callable[..., Any], *arguments: Any) -> Any:
        """Load an attribute as SQLAlchemy does."""
        return self.loads.load(load, *arguments)

    def on_statement(self, *_: object) -> None:
        self.loads.statement()
        self._guarded(self._calls.reached)

    def on_connection(self, connection: Connection, *_: object) -> None:
        self._guarded(self._calls.reached)

    def on_query(self, executed: ORMExecuteState) -> None:
        self._guarded(self.loads.query, executed)

    def on_loaded(self, row: Any, context: Any) -> None:
        self._guarded(self.loads.loaded, row, context)

    def on_constructed(self, row: Any, *_: object) -> None:
        self._guarded(self.loads.constructed, row)


def settled_below(root: Path, records: Iterable[Record]) -> Record:
    """Put together what several processes have seen, and hold it against the files themselves.

    Parameters:
        root: the project.
        records: what was seen.
    """
    whole = merged(records)
    texts: dict[str, bytes] = {}
    for path in _paths(whole):
        try:
            texts[path] = (root / path).read_bytes()
        except OSError:
            continue  # it is gone; what was seen of it cannot be held against anything
    return settled(whole, texts)


def _paths(record: Record) -> list[str]:
    found = {each.path for each in record.functions}
    for call in record.calls:
        found |= {call.path, call.callee_path}
    for load in record.loads:
        found |= {load.owner_path, load.read.path, load.made.path if load.made else ""}
    return sorted(found - {""})
