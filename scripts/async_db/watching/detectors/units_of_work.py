"""The units of work within a trace: what each has written, and where it was committed.

Shared by the detectors that compare commits with the response.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ...traces import Event, Trace
from .whose_line import by_a_test

TIMED_OUT = frozenset({408, 503, 504})


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


def units_of_work(trace: Trace, *, rolled_back: bool = False) -> Iterator[UnitOfWork]:
    """Tell the units of work that are the service's, in the order in which they ended.

    Of a session that the tests made, those are the service's that its own line commits: whether
    another would have been committed, and when, nobody has seen.

    Parameters:
        trace: the request.
        rolled_back: whether those that were rolled back are told as never committed.
    """
    seen: dict[int, int] = {}
    writes: dict[int, list[int]] = {}
    savepoints: dict[str, int] = {}
    for index, event in enumerate(trace.events):
        session = event.session
        if session is None:
            continue
        theirs = session in trace.foreign
        seen.setdefault(session, index)
        if event.kind == "statement" and not (theirs and by_a_test(trace, event)):
            _follow(event, index, writes.setdefault(session, []), savepoints)
        elif event.kind == "unit.commit":
            written = tuple(writes.pop(session, ()))
            if not theirs or (event.source and not by_a_test(trace, event)):
                yield UnitOfWork(session, seen[session], written, index)
        elif event.kind == "unit.rollback":
            written = tuple(writes.pop(session, ()))
            if rolled_back and not theirs:
                yield UnitOfWork(session, seen[session], written, None)
    for session, left in writes.items():
        if left and session not in trace.foreign:
            yield UnitOfWork(session, seen[session], tuple(left), None)


def outlives_a_time_limit(trace: Trace, unit: UnitOfWork) -> bool:
    """Say whether a unit is committed by an operation that goes on after somebody has given it up.

    A time limit around ``call_next`` answers, and the operation goes on in a task of its own.
    """
    answered, committed = trace.answered, unit.committed
    if answered is None or committed is None or committed < answered:
        return False
    others = trace.events[committed].task != trace.events[answered].task
    return trace.status in TIMED_OUT and others


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
