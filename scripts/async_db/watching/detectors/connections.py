"""Connections: how long they are held, waited for and blocked, and what is left on them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from async_db.findings import Finding
from async_db.traces import Event, Trace
from async_db.watching.detectors.reporting import finding_at
from async_db.watching.source_locations import is_test

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
        yield finding_at(
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
            yield finding_at(
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
                yield finding_at(
                    trace,
                    "pooling/watch-the-pool",
                    "proven",
                    index,
                    f"{trace.route} waits {milliseconds:.0f} ms for a connection"
                    f"{' and gets none' if refused else ''}: requests hold all of the pool",
                    "hold connections for a shorter time, or size the pool for the load",
                )


def blocks_the_loop(trace: Trace) -> Iterator[Finding]:
    """Find statements that a sync driver executes in the thread of the event loop."""
    for index, event in enumerate(trace.events):
        blocks = event.kind == "statement" and event.sync and event.task is not None
        if blocks and event.session not in trace.foreign:
            yield finding_at(
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
        yield finding_at(
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
        yield finding_at(
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
