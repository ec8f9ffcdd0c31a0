"""The units of work within a trace: what each has written, and where it was committed.

Shared by the detectors that compare commits with the response.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from async_db.traces import Event, Trace


@dataclass(frozen=True, slots=True)
class UnitOfWork:
    """A session's unit of work within a trace: the indexes of its events.

    Parameters:
        session: the session's number.
        seen: where the session was first seen.
        writes: where rows were changed.
        committed: where it was committed, if it was.
    """

    session: int
    seen: int
    writes: tuple[int, ...]
    committed: int | None


def units_of_work(trace: Trace) -> Iterator[UnitOfWork]:
    """Tell the units of work of the service's sessions, in the order in which they ended."""
    seen: dict[int, int] = {}
    writes: dict[int, list[int]] = {}
    savepoints: dict[str, int] = {}
    for index, event in enumerate(trace.events):
        session = event.session
        if session is None or session in trace.foreign:
            continue
        seen.setdefault(session, index)
        if event.kind == "statement":
            _follow(event, index, writes.setdefault(session, []), savepoints)
        elif event.kind == "unit.commit":
            yield UnitOfWork(session, seen[session], tuple(writes.pop(session, ())), index)
        elif event.kind == "unit.rollback":
            writes.pop(session, None)
    for session, left in writes.items():
        if left:
            yield UnitOfWork(session, seen[session], tuple(left), None)


def _follow(event: Event, index: int, writes: list[int], savepoints: dict[str, int]) -> None:
    """Note a statement that writes, and forget those that a savepoint takes back."""
    words = event.detail.split()
    match [word.upper() for word in words[:3]]:
        case ["SAVEPOINT", *_]:
            savepoints[words[-1]] = index
        case ["ROLLBACK", "TO", "SAVEPOINT"]:
            since = savepoints.get(words[-1], index)
            writes[:] = [write for write in writes if write < since]
        case _ if event.writes:
            writes.append(index)
