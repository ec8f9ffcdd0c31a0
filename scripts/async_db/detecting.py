"""What a trace shows of the rules: each detector reads one request's events and says what it saw.

Detectors are pure: a trace in, findings out. Each names its rule, and reports only what happened in
sessions that the service made, not in those of its tests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from async_db.findings import Finding, Grade
from async_db.trace import Event

Detector = Callable[["Trace"], Iterator[Finding]]

MAX_EVIDENCE = 12


@dataclass(frozen=True, slots=True)
class Trace:
    """One request, and what happened to the database while it was served.

    Parameters:
        number: the request's number in its recorder.
        route: such as ``POST /orders/{order_id}``.
        place: ``path:line`` of the path operation, for findings without a line of their own.
        events: all that happened, in order, up to the end of its background tasks and streams.
        test: the test that sent it.
        foreign: numbers of the sessions that the tests made.
        pools: how many connections each pool can give, by its number; no limit is left out.
        shared: numbers of the sessions that an earlier request used, with the place they were made.
    """

    number: int
    route: str
    place: str
    events: tuple[Event, ...]
    test: str = ""
    foreign: frozenset[int] = frozenset()
    pools: tuple[tuple[int, int], ...] = ()
    shared: tuple[tuple[int, str], ...] = ()

    @property
    def answered(self) -> int | None:
        """The index of the event that began the response."""
        return next((i for i, e in enumerate(self.events) if e.kind == "response.start"), None)

    @property
    def status(self) -> int | None:
        index = self.answered
        return None if index is None else int(self.events[index].detail)


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


def findings_of(trace: Trace) -> list[Finding]:
    """Return what all detectors see in a trace."""
    return [finding for detector in DETECTORS for finding in detector(trace)]


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
            yield _finding(
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
            yield _finding(
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
            yield _finding(
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
    raised = any(event.kind == "error" and not event.connection for event in trace.events)
    for unit in units_of(trace):
        if unit.committed is not None and unit.writes and unit.seen < answered:
            yield _finding(
                trace,
                "session/roll-back-on-any-error",
                "proven" if raised or status >= 500 else "suspected",
                unit.committed,
                f"{trace.route} answers {status}, and what it wrote is committed",
                "raise instead of returning an error, and let the session dependency roll back",
                unit.session,
            )


def left_checked_out(trace: Trace) -> Iterator[Finding]:
    """Find connections that the request took and has not given back when all of it has ended."""
    held: dict[int, int] = {}
    for index, event in enumerate(trace.events):
        if event.connection is None:
            continue
        if event.kind == "checkout":
            held[event.connection] = index
        elif event.kind in {"checkin", "close"} or event.session in trace.foreign:
            held.pop(event.connection, None)
    for index in held.values():
        yield _finding(
            trace,
            "session/no-async-for-sessions",
            "proven",
            index,
            f"a connection of {trace.route} is still checked out when the request has ended",
            "close every session in a dependency's own exit code or an async with block",
        )


def second_checkout(trace: Trace) -> Iterator[Finding]:
    """Find a request that takes a connection of a limited pool while it holds one of it."""
    limited = dict(trace.pools)
    held: dict[int, int | None] = {}
    for index, event in enumerate(trace.events):
        if event.connection is None:
            continue
        if event.kind == "checkout":
            if event.pool in limited and event.pool in held.values():
                yield _finding(
                    trace,
                    "pooling/one-connection-per-request",
                    "proven",
                    index,
                    f"{trace.route} takes a second connection while it holds one of the same pool",
                    "pass the session on, or end the first unit of work before the second begins",
                )
            held[event.connection] = event.pool
        elif event.kind in {"checkin", "close"}:
            held.pop(event.connection, None)


def shared_between_tasks(trace: Trace) -> Iterator[Finding]:
    """Find a session that several tasks use: seen to collide, or seen to take turns."""
    collision = next(
        (
            index
            for index, event in enumerate(trace.events)
            if event.kind == "error"
            and any(sign in event.detail for sign in ("concurrent operations", "can't be called"))
        ),
        None,
    )
    if collision is not None:
        yield _finding(
            trace,
            "session/never-shared-between-tasks",
            "proven",
            collision,
            f"several tasks of {trace.route} collide in one session",
            "await its queries in turn, or give each task a session of its own",
        )
        return
    tasks: dict[int, set[int]] = {}
    for index, event in enumerate(trace.events):
        if event.session is None or event.session in trace.foreign:
            continue
        # SQLAlchemy ends a session in a task of its own; what the service runs has a line of its.
        if event.kind == "statement" and event.task is not None and event.source:
            users = tasks.setdefault(event.session, set())
            users.add(event.task)
            if len(users) == 2:
                yield _finding(
                    trace,
                    "session/never-shared-between-tasks",
                    "suspected",
                    index,
                    f"several tasks of {trace.route} use one session",
                    "await its queries in turn, or give each task a session of its own",
                    event.session,
                )
                users.clear()


def shared_between_requests(trace: Trace) -> Iterator[Finding]:
    """Find a session that an earlier request used too."""
    for session, place in trace.shared:
        index = next((i for i, e in enumerate(trace.events) if e.session == session), 0)
        yield _finding(
            trace,
            "session/one-per-request",
            "proven",
            index,
            f"{trace.route} uses a session that another request has used",
            "make a session for each request, in a dependency",
            session,
            place,
        )


def used_after_commit(trace: Trace) -> Iterator[Finding]:
    """Find an attribute that a commit expired and that async code cannot load again."""
    signs = ("greenlet_spawn has not been called", "is not bound to a Session")
    for index, event in enumerate(trace.events):
        if event.kind != "error" or not any(sign in event.detail for sign in signs):
            continue
        before = trace.events[:index]
        if any(e.kind == "unit.commit" and e.session not in trace.foreign for e in before):
            yield _finding(
                trace,
                "session/no-expire-on-commit",
                "suspected",
                index,
                f"{trace.route} loads an attribute behind its back after a commit",
                "make the factory with expire_on_commit=False, and load relationships in queries",
            )
        return


DETECTORS: tuple[Detector, ...] = (
    commit_after_response,
    answered_but_not_stored,
    error_but_stored,
    left_checked_out,
    second_checkout,
    shared_between_tasks,
    shared_between_requests,
    used_after_commit,
)


def _finding(
    trace: Trace,
    rule: str,
    grade: Grade,
    index: int,
    message: str,
    advice: str,
    session: int | None = None,
    place: str = "",
) -> Finding:
    source = place or trace.events[index].source or trace.place
    path, _, line = source.rpartition(":")
    return Finding(
        rule=rule,
        grade=grade,
        path=path or source,
        line=int(line) if line.isdecimal() else 1,
        message=message,
        advice=advice,
        test=trace.test,
        route=trace.route,
        evidence=tuple(_evidence(trace, index, session)),
    )


def _evidence(trace: Trace, index: int, session: int | None) -> Iterator[str]:
    """Tell the events that matter, in order, the one that decides marked."""
    answers = {"response.start", "response.end", "error", "cancel", "request.end"}
    chosen = [
        number
        for number, event in enumerate(trace.events)
        if number == index or event.kind in answers or session in (None, event.session)
    ]
    around = max(0, chosen.index(index) - MAX_EVIDENCE + 3)
    for number in chosen[around : around + MAX_EVIDENCE]:
        event = trace.events[number]
        detail = " ".join(event.detail.split())[:70]
        mark = ">" if number == index else " "
        source = f"  [{event.source}]" if event.source else ""
        yield f"{mark} {event.kind}{' ' + detail if detail else ''}{source}"
