"""What a trace shows of the rules: each detector reads one request's events and says what it saw.

Detectors are pure: a trace in, findings out. Each names its rule, and reports only what happened in
sessions that the service made, not in those of its tests.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from async_db.events import Event, Kind
from async_db.findings import Finding, Grade
from async_db.places import is_test

ENGINE_ADVICE = "create the engine in the lifespan, and hand it out from there"

Detector = Callable[["Trace"], Iterator[Finding]]

MAX_EVIDENCE = 12
MANY_LOADS = 3  # of one relationship in one request
MANY_QUERIES = 5  # of the same text from the same line: fewer may well be different questions

# What may come between the reading of an attribute and the statement that loads it.
BEFORE_A_STATEMENT: frozenset[Kind] = frozenset(
    {"load", "session", "connect", "wait", "checkout", "unit.begin", "begin", "flush"}
)
OWN_BLOCK = "own block"
RAISED_LOAD = "is not available due to lazy='raise"
QUERY = re.compile(r"\s*(select|with)\b", re.IGNORECASE)
PAGE = re.compile(r"\border by\b.*\blimit\b", re.IGNORECASE | re.DOTALL)
# What stays with a connection of PostgreSQL or MySQL after the transaction that said it.
SETTING = re.compile(
    r"\s*(set\s+(?!local\b|transaction\b|constraints\b|session\s+characteristics\b)"
    r"|select\s+(pg_catalog\.)?set_config\s*\(.*,\s*false\s*\)"
    r"|select\s+(pg_catalog\.)?pg_advisory_lock\b|listen\s|use\s"
    r"|create\s+(global\s+|local\s+)?temp)",
    re.IGNORECASE | re.DOTALL,
)
RESETTING = re.compile(
    r"\s*(reset\s|discard\s|unlisten\s|select\s+(pg_catalog\.)?pg_advisory_unlock"
    r"|drop\s+table)",
    re.IGNORECASE,
)


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
        working: numbers of the tasks that the request started and that go on without it.
    """

    number: int
    route: str
    place: str
    events: tuple[Event, ...]
    test: str = ""
    foreign: frozenset[int] = frozenset()
    pools: tuple[tuple[int, int], ...] = ()
    shared: tuple[tuple[int, str], ...] = ()
    working: frozenset[int] = frozenset()

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
    raised = any(e.kind == "error" and not e.connection and not e.pool for e in trace.events)
    for unit in units_of(trace):
        if unit.committed is None or trace.events[unit.committed].detail == OWN_BLOCK:
            continue  # what a block of its own has stored is meant to stay, whatever comes then
        if unit.writes and unit.seen < answered:
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
    held: dict[tuple[str, int], int] = {}
    for index, event in enumerate(trace.events):
        match event.kind:
            case "checkout" if not is_test(event.source):
                held["connection", event.connection or 0] = index
            case "unit.begin":
                held["session", event.session or 0] = index
            case "checkin" | "close":
                held.pop(("connection", event.connection or 0), None)
            case "unit.end":
                held.pop(("session", event.session or 0), None)
        if event.session in trace.foreign and event.connection is not None:
            held.pop(("connection", event.connection), None)
            held.pop(("session", event.session or 0), None)
    left = sorted(index for index in held.values() if trace.events[index].task not in trace.working)
    told: set[int | None] = set()
    for index in left:
        event = trace.events[index]
        if event.connection in told:
            continue
        told.add(event.connection)
        late = trace.answered is not None and index > trace.answered
        yield _finding(
            trace,
            "session/own-session-outside-requests" if late else "session/no-async-for-sessions",
            "proven",
            index,
            f"a connection of {trace.route} is still checked out when the request has ended",
            "open a session of its own in an async with block"
            if late
            else "close every session in a dependency's own exit code or an async with block",
        )


def second_checkout(trace: Trace) -> Iterator[Finding]:
    """Find a request that takes a connection of a limited pool while it holds one of it.

    Two units of work at once on one connection need two as soon as it is not a test's.
    """
    limited = dict(trace.pools)
    held: dict[int, int | None] = {}
    units: dict[int, int | None] = {}
    for index, event in enumerate(trace.events):
        second = False
        match event.kind:
            case "checkout" if not is_test(event.source):
                second = event.pool in limited and event.pool in held.values()
                held[event.connection or 0] = event.pool
            case "wait":
                second = event.pool in held.values()
            case "checkin" | "close":
                held.pop(event.connection or 0, None)
            case "unit.begin" if event.session not in trace.foreign:
                second = event.connection in units.values()
                units[event.session or 0] = event.connection
            case "unit.end":
                units.pop(event.session or 0, None)
        if second:
            yield _finding(
                trace,
                "pooling/one-connection-per-request",
                "proven",
                index,
                f"{trace.route} takes a second connection while it holds one of the same pool",
                "pass the session on, or end the first unit of work before the second begins",
            )


def waited_for_a_connection(trace: Trace) -> Iterator[Finding]:
    """Find a request that had to wait for a connection, which others held."""
    held: dict[int, int | None] = {}
    for index, event in enumerate(trace.events):
        match event.kind:
            case "checkout" if not is_test(event.source):
                held[event.connection or 0] = event.pool
            case "checkin" | "close":
                held.pop(event.connection or 0, None)
            case "wait" if event.pool not in held.values():
                ends = (e for e in trace.events[index + 1 :] if e.pool == event.pool)
                ended = next((e for e in ends if e.task == event.task), trace.events[-1])
                refused = ended.kind == "error"
                milliseconds = (ended.at - event.at) * 1000
                yield _finding(
                    trace,
                    "pooling/watch-the-pool",
                    "proven",
                    index,
                    f"{trace.route} waits {milliseconds:.0f} ms for a connection"
                    f"{' and gets none' if refused else ''}: requests hold all of the pool",
                    "hold connections for a shorter time, or size the pool for the load",
                )


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


def loaded_by_reading(trace: Trace) -> Iterator[Finding]:
    """Find attributes that are loaded by being read, which async code cannot do."""
    told: set[tuple[str, str]] = set()
    for index, event in enumerate(trace.events):
        if event.kind != "load" or event.session in trace.foreign:
            continue
        statement = _statement_after(trace.events[index + 1 :])
        sent = statement is not None
        committed = any(
            e.kind == "unit.commit" and e.session == event.session for e in trace.events[:index]
        )
        expired = event.detail.startswith("expired") and committed
        explicit = statement is not None and not statement.sync
        if explicit or (event.detail, event.source) in told:
            continue  # asked for by awaitable_attrs or run_sync, or said already
        told.add((event.detail, event.source))
        yield _finding(
            trace,
            "session/no-expire-on-commit" if expired else "loading/no-lazy-loads",
            "review" if sent else "proven",
            index,
            f"{trace.route} loads {event.detail} by reading an attribute"
            f"{', which fails once the session is async' if sent else ', and fails'}",
            "make the factory with expire_on_commit=False"
            if expired
            else "load it in the query, such as by selectinload",
            event.session,
        )


def _statement_after(events: tuple[Event, ...]) -> Event | None:
    """Give the statement that these events begin with, if it was executed."""
    for index, event in enumerate(events):
        if event.kind == "statement":
            later = (e.kind for e in events[index + 1 :] if e.connection == event.connection)
            return event if next(later, "executed") == "executed" else None
        if event.kind not in BEFORE_A_STATEMENT:
            return None
    return None


def refused_to_load(trace: Trace) -> Iterator[Finding]:
    """Find attributes that could not be loaded: by ``lazy="raise"``, or with no session left."""
    for index, event in enumerate(trace.events):
        if event.kind != "error":
            continue
        if "attribute refresh operation cannot proceed" in event.detail:
            yield _finding(
                trace,
                "session/no-expire-on-commit",
                "proven",
                index,
                f"{trace.route} reads what a commit has expired, and the session is closed",
                "make the factory with expire_on_commit=False",
            )
            return
        if "lazy load operation of attribute" in event.detail or RAISED_LOAD in event.detail:
            yield _finding(
                trace,
                "loading/no-lazy-loads",
                "proven",
                index,
                f"{trace.route} reads a relationship that its query did not load",
                "load it in the query, such as by selectinload",
            )
            return


def repeated_statement(trace: Trace) -> Iterator[Finding]:
    """Find a query that is sent again and again in one unit of work: one for each row, it seems."""
    for indexes in _repeated(trace):
        last = trace.events[indexes[-1]]
        before = trace.events[indexes[-1] - 1] if indexes[-1] else None
        loaded = before.detail if before is not None and before.kind == "load" else ""
        if len(indexes) < (MANY_LOADS if loaded else MANY_QUERIES):
            continue
        questions = len({trace.events[index].asked for index in indexes})
        same = not loaded and questions < MANY_QUERIES
        what = f"a query for {loaded}" if loaded else "one query"
        yield _finding(
            trace,
            "loading/no-n-plus-one",
            "proven" if loaded else "review" if same else "suspected",
            indexes[-1],
            f"{trace.route} sends {what} {len(indexes)} times"
            f"{', with the same parameters' if same else ''}",
            "ask once and keep the answer"
            if same
            else "load all of it in one query, by selectinload or an IN of the keys",
            last.session,
        )


def _repeated(trace: Trace) -> Iterable[list[int]]:
    """Give the indexes of the queries that are the same, from one line and in one unit of work."""
    taken: dict[int | None, int] = {}
    found: dict[tuple[object, ...], list[int]] = {}
    for index, event in enumerate(trace.events):
        if event.kind == "checkout":
            taken[event.connection] = index
        if event.kind != "statement" or event.writes or event.session in trace.foreign:
            continue
        if QUERY.match(event.detail) and not PAGE.search(event.detail):
            unit = event.session or ("checkout", taken.get(event.connection))
            found.setdefault((unit, event.detail, event.source), []).append(index)
    return found.values()


def blocks_the_loop(trace: Trace) -> Iterator[Finding]:
    """Find statements that a sync driver executes in the thread of the event loop."""
    for index, event in enumerate(trace.events):
        blocks = event.kind == "statement" and event.sync and event.task is not None
        if blocks and event.session not in trace.foreign:
            yield _finding(
                trace,
                "migrating/no-sync-left",
                "proven",
                index,
                f"{trace.route} executes a statement by a sync driver on the event loop's thread",
                "use an AsyncSession, or make the operation a plain def while the session is sync",
                event.session,
            )
            return


def waits_while_connected(trace: Trace) -> Iterator[Finding]:
    """Find a unit of work that keeps its connection while the request waits for something else."""
    told: set[str] = set()
    for index, event in enumerate(trace.events):
        if event.kind != "outside.start":
            continue
        end = next((e for e in trace.events[index + 1 :] if e.kind == "outside.end"), event)
        in_thread = not event.source
        place = event.source or end.source
        if place in told:
            continue
        told.add(place)
        what = "something else" if in_thread else event.detail
        yield _finding(
            trace,
            "session/no-network-while-connected",
            "suspected" if in_thread else "proven",
            index,
            f"{trace.route} holds a connection while it waits for {what}",
            "wait before the unit of work begins, or between two of them",
            place=place,
        )


def state_left_on_connection(trace: Trace) -> Iterator[Finding]:
    """Find what a request sets on a pooled connection and leaves there for the next one."""
    pending: dict[int, int] = {}
    left: dict[int, int] = {}
    for index, event in enumerate(trace.events):
        connection = event.connection
        if event.kind == "unit.commit":
            connection = _connection_of(trace.events[:index], event.session)
        if connection is None:
            continue
        match event.kind:
            case "statement" if SETTING.match(event.detail):
                if event.session not in trace.foreign:
                    pending[connection] = index
            case "statement" if RESETTING.match(event.detail):
                pending.pop(connection, None)
                left.pop(connection, None)
            case "commit" | "unit.commit" if connection in pending:
                left[connection] = pending.pop(connection)
            case "rollback":
                pending.pop(connection, None)
            case "close":
                left.pop(connection, None)
    for index in left.values():
        yield _finding(
            trace,
            "tenancy/schema-per-request",
            "proven",
            index,
            f"{trace.route} sets something on a pooled connection, and the next checkout has it",
            "set it for the transaction only: set_config(..., true) or SET LOCAL",
            trace.events[index].session,
        )


def _connection_of(events: tuple[Event, ...], session: int | None) -> int | None:
    """Give the connection that a session is at work on."""
    used = (e.connection for e in reversed(events) if e.session == session and e.connection)
    return next(used, None)


DETECTORS: tuple[Detector, ...] = (
    commit_after_response,
    answered_but_not_stored,
    error_but_stored,
    left_checked_out,
    second_checkout,
    shared_between_tasks,
    shared_between_requests,
    waited_for_a_connection,
    loaded_by_reading,
    refused_to_load,
    repeated_statement,
    blocks_the_loop,
    waits_while_connected,
    state_left_on_connection,
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
        if number == index
        or event.kind in answers
        or (session in (None, event.session) and event.kind != "executed")
    ]
    around = max(0, chosen.index(index) - MAX_EVIDENCE + 3)
    for number in chosen[around : around + MAX_EVIDENCE]:
        event = trace.events[number]
        detail = " ".join(event.detail.split())[:70]
        mark = ">" if number == index else " "
        source = f"  [{event.source}]" if event.source else ""
        yield f"{mark} {event.kind}{' ' + detail if detail else ''}{source}"
