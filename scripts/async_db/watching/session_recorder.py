"""Whose sessions are at work: who makes, calls, shares and leaves them, and which tasks do."""

from __future__ import annotations

import asyncio
import traceback
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from pathlib import Path
from time import perf_counter as now
from types import FrameType
from typing import TYPE_CHECKING, Any
from weakref import ref

from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from ..traces import EXPLICIT, OWN_BLOCK, Event, Kind
from .attribute_reads import detached_read
from .by_identity import ByIdentity
from .callers import calls, started_by
from .error_text import describe_error
from .outside_waits import stepped
from .recorder import KnownConnection, Recorder, made
from .route_sampling import UNWATCHED
from .served_request import MAX_EVENTS, PLAIN, ServedRequest
from .session_calls import CurrentCall, SessionCalls, Task
from .source_locations import SourceLocations, is_test
from .started_tasks import StartedTasks
from .watched_sessions import WatchedSessions, is_of_a_dependency

if TYPE_CHECKING:
    from sqlalchemy.orm import SessionTransaction

BLOCK_ENDS = frozenset({"TransactionalContext.__exit__"})
FACTORIES = frozenset({"sessionmaker.__call__", "async_sessionmaker.__call__"})
SOURCED: frozenset[Kind] = frozenset(
    {"checkout", "statement", "load", "wait", "unit.begin", "unit.commit", "unit.rollback"}
)
# A line of the project's own is looked for in the operation first: who reads an attribute for a
# response model is no line of its own, and the middleware or the test around it has not done it.
# Beyond what the loop calls is nothing of a request's either.
LIMITS = frozenset({stepped.__code__, Recorder.serve.__code__, asyncio.events.Handle._run.__code__})


class SessionRecorder(Recorder, ABC):
    """Records, besides, whose line it is, whose session, and which other task is in a call of it.

    Parameters:
        root: the project; lines outside it, or of installed packages in it, are not its own.
        test: asked for the test that runs now, an empty text between tests.
    """

    def __init__(self, root: Path, test: Callable[[], str]) -> None:
        super().__init__()
        self.problem: str | None = None
        self.places = SourceLocations(root, LIMITS)
        self._test = test
        self._served: dict[int, ServedRequest] = {}
        self._watched_sessions = WatchedSessions()
        self._foreign = self._watched_sessions.foreign
        self._added: ByIdentity[str] = ByIdentity()
        self._session_calls = SessionCalls()
        self._started_tasks = StartedTasks()
        self._calling: ContextVar[CurrentCall | None] = ContextVar("calling", default=None)
        self._lifespan: ContextVar[int | None] = ContextVar("lifespan", default=None)

    @property
    def in_lifespan(self) -> bool:
        return self._lifespan.get() is not None

    @property
    def _in_test_only(self) -> bool:
        """Whether a test runs and no app is being started: what is made now is the test's."""
        return bool(self._test()) and not self.in_lifespan

    def _safely(self, call: Callable[..., None]) -> Callable[..., None]:
        """Keep a fault of the watching from what is watched, and note the first."""

        def guarded(*arguments: object) -> None:
            try:
                call(*arguments)
            except Exception as error:  # noqa: BLE001 (whatever it is, the tests must not notice)
                self._note_problem(error)

        return guarded

    def _if_watched(self, call: Callable[..., None]) -> Callable[..., None]:
        request = self.request

        def guarded(*arguments: object) -> None:
            if request.get() == UNWATCHED:
                return
            try:
                call(*arguments)
            except Exception as error:  # noqa: BLE001 (what is watched must not notice)
                self._note_problem(error)

        return guarded

    def _note_problem(self, error: Exception) -> None:
        last = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{Path(last.filename).name}:{last.lineno}"
        self.problem = self.problem or f"{describe_error(error)} ({place})"

    # --- what the wrapped functions tell -----------------------------------------------------

    def session_made(self, session: Session) -> None:
        if self.request.get() == UNWATCHED:
            return  # and nothing is known of it, whatever becomes of it
        try:
            self._on_session_made(session)
        except Exception as error:  # noqa: BLE001 (what is watched must not notice)
            self._note_problem(error)

    def session_closing(self, session: Session) -> None:
        # What it has to write is put together when it is asked for; mostly it has nothing.
        may_have = getattr(session, "_new", True) or getattr(session, "_deleted", True)
        if may_have and self.request.get():
            self._safely(self._on_session_closing)(session)

    async def session_called(
        self, session: Session, call: Awaitable[Any], plain: str, request: int
    ) -> Any:
        """Await a call of an async session, and see whether another task's goes on."""
        task = asyncio.current_task()
        if task is None:
            return await call
        served = self._served.get(request)
        other = self._session_calls.begin(session, request, task)
        if other is not None:
            self._safely(self._on_overlap)(session, task, other)
        current = None
        if plain:
            number = self._tasks(task)
            current = CurrentCall(request, served, number, plain)
            if served is not None and number not in served.alive:
                served.alive[number] = ref(task)
        token = self._calling.set(current)
        of_main = None if served is None or served.main is not task else served
        if of_main is not None:
            of_main.calls += 1
        try:
            return await call
        finally:
            self._calling.reset(token)
            self._session_calls.end(session, task)
            if of_main is not None:
                of_main.calls -= 1

    def task_started(self, task: Task, caller: FrameType, request: int) -> None:
        try:
            self._on_task_started(task, caller, request)
        except Exception as error:  # noqa: BLE001 (what is watched must not notice)
            self._note_problem(error)

    def load_refused(self, what: str, session: Session | None) -> None:
        if self.request.get() != UNWATCHED:
            self._safely(self._on_load_refused)(what, session)

    def load_detached(self) -> None:
        if self.request.get() != UNWATCHED:
            self._safely(self._on_load_detached)()

    # --- what comes of it --------------------------------------------------------------------

    def _on_session_made(self, session: Session) -> None:
        frame = self.places.frame()
        place = self.places.line_of(frame)
        request = self.request.get()
        number = self._sessions(session)
        by_tests = is_test(place) or (request is None and self._in_test_only)
        self._watched_sessions.add(
            session, number, request=request, place=place, by_tests=by_tests, frame=frame
        )
        # Tests bind a factory to their connection; who names one joins what goes on there.
        if (
            isinstance(session.bind, Connection)
            and not by_tests
            and not calls("sqlalchemy", FACTORIES)
        ):
            self._joined[session] = True
        self._record("session", session=number)

    def _on_session_closing(self, session: Session) -> None:
        left = {type(row).__name__ for row in (*session.new, *session.deleted)}
        if left:
            number, place = self._sessions(session), self._added.pop(session) or ""
            self._record("unflushed", session=number, detail=", ".join(sorted(left)), source=place)

    def _on_added(self, session: Session, *_: object) -> None:
        if self.request.get() is not None:
            self._added[session] = self.places.here()

    def _on_overlap(self, session: Session, task: Task, other: Task) -> None:
        principal = self._started_tasks.principal
        if principal(other) is not principal(task):
            place = self._started_tasks.line_of_the_younger(task, other)
            self._record("overlap", session=self._sessions(session), source=place)

    def _on_load_refused(self, what: str, session: Session | None) -> None:
        number = None if session is None else self._sessions(session)
        self._record("load", detail=f"refused {what}", session=number)

    def _on_load_detached(self) -> None:
        read = detached_read()
        if read:
            self._record("load", detail=read)

    def _on_task_started(self, task: Task, caller: FrameType, request: int) -> None:
        stands_in = started_by("sqlalchemy", caller)  # and then nobody asks for the line
        place = "" if stands_in else self.places.here()
        parent = asyncio.current_task()
        self._started_tasks.add(task, parent, place, stands_in=stands_in)
        served = self._served.get(request)
        if served is not None:
            served.note_start(self._tasks(task), None if parent is None else self._tasks(parent))
            if stands_in and parent is served.main:
                served.stand_in = task

    def _used(self, session: Session) -> None:
        request = self.request.get()
        if request is None:
            return
        place = self._watched_sessions.shared_from(session, request)
        if place is not None and request in self._served:
            self._served[request].note_shared(self._sessions(session), place)

    def _on_session_begin(
        self, session: Session, transaction: SessionTransaction, connection: Connection
    ) -> None:
        number, abandoned = self._sessions(session), self._session_abandoned
        self._watched_sessions.begin(session, number, self._test(), abandoned)
        super()._on_session_begin(session, transaction, connection)

    def _on_session_end(self, session: Session, transaction: SessionTransaction) -> None:
        if self.request.get() == UNWATCHED and session not in self._at_work:
            return  # it began there, too
        if transaction.parent is None:
            self._watched_sessions.end(self._sessions(session))
        super()._on_session_end(session, transaction)

    def _session_abandoned(self, test: str, place: str) -> None:
        self._safely(self._on_session_abandoned)(test, place)

    def _on_session_abandoned(self, test: str, place: str) -> None:
        """Do nothing with a session that nobody has closed; there is somebody who does."""

    def _committing(self, session: Session) -> str:
        """Tell the end of an operation's own ``begin()`` block, and a commit that a line calls for."""
        call = self._calling.get()
        if call.of in BLOCK_ENDS if call else calls("sqlalchemy", BLOCK_ENDS):
            return OWN_BLOCK if self._watched_sessions.of_an_operation(session) else ""
        if call is not None:
            self._place_of(call)
            code = call.code
        else:
            frame = self.places.frame()
            code = None if frame is None else frame.f_code
        return EXPLICIT if code is not None and not is_of_a_dependency(code) else ""

    def _place_of(self, call: CurrentCall) -> str:
        """Name the line of the project's own code that has called a session."""
        if call.place is None:
            frame = self.places.calling_frame()
            call.place = self.places.line_of(frame)
            call.code = None if frame is None else frame.f_code
        return call.place

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
        call = self._calling.get()
        if call is not None:
            request: int | None = call.request
            task: int | None = call.task
            served = call.served
            if served is not None and served.over:
                served = None
        else:
            request = self.request.get()
            if request == UNWATCHED:
                return
            task = self._current_task()
            served = None if request is None else self._served.get(request)
        if source is None:
            source = ""
            if kind in SOURCED:
                if call is None:
                    source = self.places.here()
                else:
                    source = self._place_of(call) if call.place is None else call.place
        # Not taken apart and put together again: this is done of all that happens.
        happened = (kind, now(), request, task, pool, connection, session, detail, writes, asked, sync, source)  # fmt: skip
        event = made(Event, happened)
        if (
            call is not None
            and served is not None
            and (kind in PLAIN or (kind == "statement" and session in served.units))
            and session not in self._foreign
        ):
            events = served.events
            if len(events) < MAX_EVENTS:
                events.append(event)
                return
        self._keep(event, served)

    def _noting(self, kind: Kind) -> Callable[..., None]:
        calling, asked_in = self._calling, self.request
        foreign, rest = self._foreign, ("", False, 0, False, "")

        def noted(connection: Any, *_: object) -> None:
            try:
                call = calling.get()
                if call is not None and call.served is not None and not call.served.over:
                    # As _record does, in half the time.
                    known = connection._dbapi_connection._connection_record.info[self]
                    session, events = known.session, call.served.events
                    if session not in foreign and len(events) < MAX_EVENTS:
                        by = (
                            kind,
                            now(),
                            call.request,
                            call.task,
                            known.pool,
                            known.number,
                            session,
                        )
                        events.append(made(Event, by + rest))
                        return
                elif call is None and asked_in.get() == UNWATCHED:
                    return
            except (AttributeError, KeyError):
                pass  # it is not known yet, or lost
            slowly(connection)

        def noted_slowly(connection: Connection) -> None:
            self._record(kind, self._known_of(connection))

        slowly = self._safely(noted_slowly)
        return noted

    @abstractmethod
    def _keep(self, event: Event, served: ServedRequest | None) -> None:
        """Keep what has happened, with the request that it belongs to, if it does to one."""
