"""What may happen to the database while a request is served. Standard library only."""

from __future__ import annotations

from typing import Literal, NamedTuple

Kind = Literal[
    "connect",
    "close",
    "checkout",
    "checkin",
    "begin",
    "statement",
    "executed",
    "load",
    "wait",
    "outside.start",
    "outside.end",
    "flush",
    "unflushed",
    "commit",
    "rollback",
    "error",
    "session",
    "overlap",
    "unit.begin",
    "unit.commit",
    "unit.rollback",
    "unit.end",
    "response.start",
    "response.end",
    "request.end",
    "cancel",
]


class Event(NamedTuple):
    """One thing that happened. The numbers count up from 1 within one recorder.

    A named tuple, for one is made of all that happens: it takes a third of a data class's time.

    Parameters:
        kind: what happened. ``commit`` and ``rollback`` are recorded as they are sent to the
            database; an ``error`` after one says that it failed. ``executed`` is a statement's
            end. ``unit.commit`` and ``unit.rollback`` decide on a session's unit of work, also
            where a test's outer transaction turns them into savepoints, and ``unit.end`` lets go
            of the connection that ``unit.begin`` took; ``session`` is the making of one. ``load``
            is an attribute loaded by being read. An ``overlap`` is a call of a session that begins
            while another task's call of it goes on; its source is the line that started the task.
            ``unflushed`` is the closing of a session to which something was added that it has never
            written; its source is where that was last. The detail ``own block`` of a
            ``unit.commit`` says that an operation's own ``begin()`` block came to its end, and
            ``explicit`` that a line calls for it which is no dependency's. A
            ``wait`` for a connection of a full pool lasts until its ``checkout`` or an ``error``;
            between ``outside.start`` and ``outside.end`` the request holds a connection and waits
            for something else.
        at: seconds on the clock of ``time.perf_counter``.
        request: the request being served, if any; its background tasks still belong to it.
        task: the asyncio task that did it, if any.
        pool: the connection pool, hence the engine.
        connection: the physical connection to the database.
        session: the ORM session, where one is at work.
        detail: the statement, the status, the error.
        writes: whether a statement changes rows.
        asked: what a query is asked with, as a hash of its parameters; 0 is that of no query.
        sync: whether a driver executes the statement that keeps its thread until the answer is in.
        source: ``path:line`` of the watched project's own code that caused it, where that is known.
    """

    kind: Kind
    at: float
    request: int | None = None
    task: int | None = None
    pool: int | None = None
    connection: int | None = None
    session: int | None = None
    detail: str = ""
    writes: bool = False
    asked: int = 0
    sync: bool = False
    source: str = ""
