"""Units of work: what is committed when, and what the client hears of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from async_db.findings import Finding
from async_db.traces import OWN_BLOCK, Event, Trace
from async_db.watching.detectors.reporting import finding_at


@dataclass(frozen=True, slots=True)
class Unit:
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


def commit_after_response(trace: Trace) -> Iterator[Finding]:
    """Find writes of the request that are committed when it is already answered."""
    answered = trace.answered
    if answered is None:
        return
    for unit in units_of(trace):
        # What begins after the answer is a background task's own, and may well end there.
        if unit.committed is None or not unit.writes or unit.seen > answered:
            continue
        if unit.committed > answered:
            yield finding_at(
                trace,
                "session/commit-before-response",
                "proven",
                unit.committed,
                f"{trace.route} answers {trace.status} and commits its writes afterwards",
                'commit before the response: Depends(..., scope="function") on FastAPI >= 0.121',
                unit.session,
            )


def answered_but_not_stored(trace: Trace) -> Iterator[Finding]:
    """Find writes that are answered as done and never committed."""
    status, answered = trace.status, trace.answered
    if status is None or answered is None or not 200 <= status < 300:
        return
    ended = [index for index, event in enumerate(trace.events) if event.kind == "unit.rollback"]
    for unit in units_of(trace):
        if unit.committed is None and unit.seen < answered:
            yield finding_at(
                trace,
                "session/commit-before-response",
                "proven",
                unit.writes[0],
                f"{trace.route} answers {status}, and what it wrote is never committed",
                "commit in the session dependency, or end the operation with an error",
                unit.session,
            )
    for index in ended:
        event = trace.events[index]
        wrote = any(e.writes and e.session == event.session for e in trace.events[:index])
        if index > answered and wrote and event.session not in trace.foreign:
            yield finding_at(
                trace,
                "session/commit-before-response",
                "proven",
                index,
                f"{trace.route} answers {status}, and what it wrote is then rolled back",
                'commit before the response: Depends(..., scope="function") on FastAPI >= 0.121',
                event.session,
            )


def error_but_stored(trace: Trace) -> Iterator[Finding]:
    """Find writes that stay although the request is answered with an error."""
    status, answered = trace.status, trace.answered
    if status is None or answered is None or status < 400:
        return
    raised = any(e.kind == "error" and not e.connection and not e.pool for e in trace.events)
    for unit in units_of(trace):
        if unit.committed is None or trace.events[unit.committed].detail == OWN_BLOCK:
            continue  # what a block of its own has stored is meant to stay, whatever comes then
        if unit.writes and unit.seen < answered:
            yield finding_at(
                trace,
                "session/roll-back-on-any-error",
                "proven" if raised or status >= 500 else "suspected",
                unit.committed,
                f"{trace.route} answers {status}, and what it wrote is committed",
                "raise instead of returning an error, and let the session dependency roll back",
                unit.session,
            )


def units_of(trace: Trace) -> Iterator[Unit]:
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
            yield Unit(session, seen[session], tuple(writes.pop(session, ())), index)
        elif event.kind == "unit.rollback":
            writes.pop(session, None)
    for session, left in writes.items():
        if left:
            yield Unit(session, seen[session], tuple(left), None)


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
