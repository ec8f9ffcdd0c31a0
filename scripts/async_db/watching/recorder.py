"""What happened to the database while one request was served, in order.

The recorder listens to SQLAlchemy's own events on its classes, so it sees every engine, pool and
session of the process, and to the ASGI messages of the apps it wraps. It changes nothing that they
do. It needs SQLAlchemy and nothing else.
"""

from __future__ import annotations

import asyncio
import itertools
import re
import time
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import Pool

from ..traces import Event, Kind
from .asgi_types import ASGIApp, Message, Receive, Scope, Send
from .attribute_reads import attribute_read
from .by_identity import ByIdentity
from .error_text import describe_error, first_line

if TYPE_CHECKING:
    from sqlalchemy.engine import ExceptionContext
    from sqlalchemy.orm import ORMExecuteState, SessionTransaction, UOWTransaction
    from sqlalchemy.pool import ConnectionPoolEntry

WRITE = re.compile(
    r"\s*(insert|update|delete|merge|replace|truncate|with\b.*\b(insert|update|delete)\b)",
    re.IGNORECASE | re.DOTALL,
)


# A named tuple's own class makes one in three times as long, of all that happens.
made: Callable[[type[Event], tuple[Any, ...]], Event] = tuple.__new__


class _Numbers(ByIdentity[int]):
    """Numbers objects in the order in which they are first seen."""

    def __init__(self) -> None:
        super().__init__()
        self._count = itertools.count(1)

    def __call__(self, thing: object) -> int:
        kept = self.kept.get(id(thing))
        if kept is not None:
            return kept[0]
        self[thing] = number = next(self._count)
        return number


class KnownConnection:
    """What is known of a connection to the database: its number, and who has it.

    Parameters:
        number: its own.
    """

    __slots__ = ("number", "pool", "session")

    def __init__(self, number: int) -> None:
        self.number = number
        self.pool: int | None = None
        self.session: int | None = None


class Recorder:
    """Records events between ``with recorder.listening():`` and its end.

    ``recorder.wrap(app)`` is an ASGI app that serves as ``app`` does and numbers its requests.
    """

    served = frozenset({"http"})
    """The types of connections that count as requests."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.request: ContextVar[int | None] = ContextVar("request", default=None)
        """The number of the request that is being served in this context."""
        self.requests = 0
        self._tasks = _Numbers()
        self._pools = _Numbers()
        self._sessions = _Numbers()
        self._at_work: ByIdentity[KnownConnection] = ByIdentity()
        self._joined: ByIdentity[bool] = ByIdentity()
        """Sessions on a connection that another session works on: its unit of work is theirs."""
        self._connections = itertools.count(1)

    def of(self, request: int) -> list[Event]:
        """Return the events of one request, in order."""
        return [event for event in self.events if event.request == request]

    def wrap(self, app: ASGIApp) -> ASGIApp:
        """Return an app that records the messages of ``app`` and tells its requests apart."""

        async def recorded(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] in self.served:
                await self.serve(app, scope, receive, send)
            else:
                await app(scope, receive, send)

        return recorded

    async def serve(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request as ``app`` does, and record its messages."""

        def recording_send(message: Message) -> Awaitable[None]:
            if message["type"] == "http.response.start":
                self._record("response.start", None, str(message["status"]))
            elif message["type"] == "http.response.body" and not message.get("more_body"):
                self._record("response.end")
            return send(message)

        self.requests += 1
        number = self.requests
        token = self.request.set(number)
        self._began(number)
        try:
            await app(scope, receive, recording_send)
        except asyncio.CancelledError:
            self._record("cancel")
            raise
        except Exception as error:
            self._record("error", detail=describe_error(error))
            raise
        finally:
            self._record("request.end")
            self.request.reset(token)
            self._ended(number, scope)

    @contextmanager
    def listening(self) -> Iterator[Recorder]:
        """Listen to all of SQLAlchemy in this process for the duration of the block."""
        listeners: list[tuple[type, str, Callable[..., None]]] = [
            (Engine, "before_cursor_execute", self._on_statement),
            (Engine, "handle_error", self._on_error),
            (Session, "do_orm_execute", self._on_execute),
            (Session, "after_begin", self._on_session_begin),
            (Session, "after_flush", self._on_flush),
            (Session, "transient_to_pending", self._on_added),
            (Session, "after_commit", self._on_session_commit),
            (Session, "after_rollback", self._on_session_rollback),
        ]
        # Who has a connection is known of all requests, watched or not.
        always: list[tuple[type, str, Callable[..., None]]] = [
            (Pool, "connect", self._on_connect),
            (Pool, "close", self._on_close),
            (Pool, "checkin", self._on_checkin),
            (Engine, "engine_connect", self._on_engine_connect),
            (Session, "after_transaction_end", self._on_session_end),
        ]
        listeners = [
            *((target, name, self._if_watched(call)) for target, name, call in listeners),
            *((target, name, self._safely(call)) for target, name, call in always),
            (Engine, "begin", self._noting("begin")),
            (Engine, "commit", self._noting("commit")),
            (Engine, "rollback", self._noting("rollback")),
            (Engine, "after_cursor_execute", self._noting("executed")),
        ]
        for target, name, listener in listeners:
            event.listen(target, name, listener)
        try:
            yield self
        finally:
            for target, name, listener in listeners:
                event.remove(target, name, listener)

    def _record(
        self,
        kind: Kind,
        known: KnownConnection | None = None,
        detail: str = "",
        session: int | None = None,
        pool: int | None = None,
        writes: bool = False,
        asked: int = 0,
        sync: bool = False,
        source: str | None = None,
    ) -> None:
        connection = None
        if known is not None:
            connection = known.number
            pool = pool or known.pool
            session = session or known.session
        request, task = self.request.get(), self._current_task()
        source = source or ""
        self.events.append(
            made(
                Event,
                (
                    *(kind, time.perf_counter(), request, task, pool, connection, session),
                    *(detail, writes, asked, sync, source),
                ),
            )
        )

    def _noting(self, kind: Kind) -> Callable[..., None]:
        """Return what SQLAlchemy is to call when that has happened to a connection."""
        return lambda connection, *_: self._record(kind, self._known_of(connection))

    def _safely(self, call: Callable[..., None]) -> Callable[..., None]:
        """Return what SQLAlchemy is to call; who watches others' code keeps faults from it."""
        return call

    def _if_watched(self, call: Callable[..., None]) -> Callable[..., None]:
        """Return what SQLAlchemy is to call of requests that are watched; here, all are."""
        return self._safely(call)

    def _began(self, number: int) -> None:
        """Do nothing more with a request that begins; there is somebody who does."""

    def _ended(self, number: int, scope: Scope) -> None:
        """Do nothing more with a request that is over; there is somebody who does."""

    def _used(self, session: Session) -> None:
        """Do nothing more with the use of a session; there is somebody who does."""

    def _on_added(self, session: Session, row: object) -> None:
        """Do nothing with a row that is added to a session; there is somebody who does."""

    def _committing(self, session: Session) -> str:
        """Say who commits; there is somebody who knows."""
        return ""

    def _known(self, info: MutableMapping[Any, Any]) -> KnownConnection:
        """What is known of a connection, kept where SQLAlchemy lets one keep it: in its ``info``."""
        known: KnownConnection | None = info.get(self)
        if known is None:
            known = info[self] = KnownConnection(next(self._connections))
        return known

    def _known_of(self, connection: Any) -> KnownConnection | None:
        """What is known of a connection, unless it is lost: asking would reconnect."""
        try:  # where its info is, in a tenth of the time that it takes to ask for it
            known: KnownConnection = connection._dbapi_connection._connection_record.info[self]
            return known
        except (AttributeError, KeyError):
            info = _info(connection)
            return None if info is None else self._known(info)

    def _current_task(self) -> int | None:
        try:
            task = asyncio.current_task()
        except RuntimeError:  # no loop runs in this thread
            return None
        return None if task is None else self._tasks(task)

    def _on_connect(self, connection: object, record: ConnectionPoolEntry) -> None:
        self._record("connect", self._known(record.info))

    def _on_close(self, connection: object, record: ConnectionPoolEntry) -> None:
        self._record("close", self._known(record.info))

    def _on_checkin(self, connection: object, record: ConnectionPoolEntry) -> None:
        known = self._known(record.info)
        self._record("checkin", known)
        known.session = None

    def _on_engine_connect(self, connection: Connection, *_: object) -> None:
        known = self._known(connection.info)
        known.pool = self._pools(connection.engine.pool)
        self._record("checkout", known)

    def _on_session_begin(
        self, session: Session, transaction: SessionTransaction, connection: Connection
    ) -> None:
        known = self._known_of(connection)
        if known is None or session in self._joined:
            return
        known.session = self._sessions(session)
        begins = session not in self._at_work
        if begins or self._at_work.get(session) is not known:
            self._at_work[session] = known
        self._used(session)
        if begins:
            self._record("unit.begin", known)

    def _on_execute(self, state: ORMExecuteState) -> None:
        self._used(state.session)
        read = attribute_read(state)
        if read:
            self._record("load", detail=read, session=self._sessions(state.session))

    def _on_session_end(self, session: Session, transaction: SessionTransaction) -> None:
        """Let go of a connection that may outlive the session, such as a test's."""
        known = self._at_work.pop(session) if transaction.parent is None else None
        if known is not None:
            self._record("unit.end", None, "", self._sessions(session))
            known.session = None

    def _on_statement(
        self,
        connection: Connection,
        cursor: object,
        statement: str,
        parameters: object,
        context: object,
        executemany: bool,
    ) -> None:
        writes = WRITE.match(statement) is not None
        asked = 0 if writes or executemany else hash(repr(parameters))
        sync = not connection.dialect.is_async
        known = self._known_of(connection)
        self._record("statement", known, statement, None, None, writes, asked, sync)

    def _on_session_commit(self, session: Session) -> None:
        if not session.in_nested_transaction() and session not in self._joined:
            how = self._committing(session)
            self._record("unit.commit", None, how, self._sessions(session))

    def _on_session_rollback(self, session: Session) -> None:
        if not session.in_nested_transaction() and session not in self._joined:
            self._record("unit.rollback", session=self._sessions(session))

    def _on_error(self, context: ExceptionContext) -> None:
        known = None if context.connection is None else self._known_of(context.connection)
        kind = type(context.sqlalchemy_exception or context.original_exception).__name__
        self._record("error", known, f"{kind}: {first_line(context.original_exception)}")

    def _on_flush(self, session: Session, context: UOWTransaction) -> None:
        self._record("flush", self._known_of(session.connection()))


def _info(connection: Connection) -> MutableMapping[Any, Any] | None:
    """Return where to keep what is known of a connection, unless it is lost: asking would reconnect."""
    if connection.closed or connection.invalidated:
        return None
    try:
        return connection.info
    except NotImplementedError:  # two tasks use it, and the other has just given it back
        return None
