"""Whose sessions are at work: who makes, calls, shares and leaves them, and which tasks do."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable
from contextvars import ContextVar
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from ..traces import EXPLICIT, OWN_BLOCK, Kind
from .attribute_reads import detached_read
from .callers import calls, started_by
from .error_text import describe_error
from .outside_waits import stepped
from .recorder import Recorder
from .served_request import ServedRequest
from .session_calls import SessionCalls
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
LIMITS = frozenset({stepped.__code__, Recorder.serve.__code__})


class SessionRecorder(Recorder):
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
        self._added: WeakKeyDictionary[Session, str] = WeakKeyDictionary()
        self._session_calls = SessionCalls()
        self._started_tasks = StartedTasks()
        # Within a call of a session that is SQLAlchemy's own, the line that calls it, once known.
        self._calling: ContextVar[list[str] | None] = ContextVar("calling", default=None)
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

    def _note_problem(self, error: Exception) -> None:
        last = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{Path(last.filename).name}:{last.lineno}"
        self.problem = self.problem or f"{describe_error(error)} ({place})"

    # --- what the wrapped functions tell -----------------------------------------------------

    def session_made(self, session: Session) -> None:
        self._safely(self._on_session_made)(session)

    def session_closing(self, session: Session) -> None:
        if self._request.get() is not None:
            self._safely(self._on_session_closing)(session)

    async def session_called(
        self, session: Session, call: Callable[[], Any], *, plain: bool
    ) -> Any:
        """Await a call of an async session, and see whether another task's goes on."""
        request = self._request.get()
        task = None if request is None else asyncio.current_task()
        if request is None or task is None:
            return await call()
        served = self._served.get(request)
        try:
            self._on_session_called(session, request, task)
        except Exception as error:  # noqa: BLE001 (as in _safely)
            self._note_problem(error)
        of_main = served is not None and served.main is task
        token = self._calling.set([] if plain else None)
        if served is not None and of_main:
            served.calls += 1
        try:
            return await call()
        finally:
            self._calling.reset(token)
            self._session_calls.end(session, task)
            if served is not None and of_main:
                served.calls -= 1

    def task_started(self, task: asyncio.Task[Any]) -> None:
        if self._request.get() is not None:
            self._safely(self._on_task_started)(task)

    def load_refused(self, what: str, session: Session | None) -> None:
        self._safely(self._on_load_refused)(what, session)

    def load_detached(self) -> None:
        self._safely(self._on_load_detached)()

    # --- what comes of it --------------------------------------------------------------------

    def _on_session_made(self, session: Session) -> None:
        frame = self.places.frame()
        place = self.places.line_of(frame)
        request = self._request.get()
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
            self._joined.add(session)
        self._record("session", session=number)

    def _on_session_closing(self, session: Session) -> None:
        left = {type(row).__name__ for row in (*session.new, *session.deleted)}
        if left:
            number, place = self._sessions(session), self._added.pop(session, "")
            self._record("unflushed", session=number, detail=", ".join(sorted(left)), source=place)

    def _on_added(self, session: Session, *_: object) -> None:
        if self._request.get() is not None:
            self._added[session] = self.places.here()

    def _on_session_called(self, session: Session, request: int, task: asyncio.Task[Any]) -> None:
        other = self._session_calls.begin(session, request, task)
        principal = self._started_tasks.principal
        if other is not None and principal(other) is not principal(task):
            place = self._started_tasks.line_of_the_younger(task, other)
            self._record("overlap", session=self._sessions(session), source=place)

    def _on_load_refused(self, what: str, session: Session | None) -> None:
        number = None if session is None else self._sessions(session)
        self._record("load", detail=f"refused {what}", session=number)

    def _on_load_detached(self) -> None:
        read = detached_read()
        if read:
            self._record("load", detail=read)

    def _on_task_started(self, task: asyncio.Task[Any]) -> None:
        stands_in = started_by("sqlalchemy")  # and then nobody asks for the line
        place = "" if stands_in else self.places.here()
        self._started_tasks.add(task, asyncio.current_task(), place, stands_in=stands_in)
        served = self._served.get(self._request.get() or 0)
        if served is not None:
            served.note_start(self._tasks(task), self._current_task())

    def _used(self, session: Session) -> None:
        request = self._request.get()
        if request is None:
            return
        place = self._watched_sessions.shared_from(session, request)
        if place is not None and request in self._served:
            self._served[request].note_shared(self._sessions(session), place)

    def _on_session_begin(
        self, session: Session, transaction: SessionTransaction, connection: Connection
    ) -> None:
        abandoned = self._safely(partial(self._on_session_abandoned, self._test()))
        self._watched_sessions.begin(session, self._sessions(session), abandoned)
        super()._on_session_begin(session, transaction, connection)

    def _on_session_end(self, session: Session, transaction: SessionTransaction) -> None:
        if transaction.parent is None:
            self._watched_sessions.end(self._sessions(session))
        super()._on_session_end(session, transaction)

    def _on_session_abandoned(self, test: str, place: str) -> None:
        """Do nothing with a session that nobody has closed; there is somebody who does."""

    def _committing(self, session: Session) -> str:
        """Tell the end of an operation's own ``begin()`` block, and a commit that a line calls for."""
        if calls("sqlalchemy", BLOCK_ENDS):
            return OWN_BLOCK if self._watched_sessions.of_an_operation(session) else ""
        frame = self.places.frame()
        return EXPLICIT if frame is not None and not is_of_a_dependency(frame.f_code) else ""

    def _source(self, kind: Kind) -> str:
        if kind not in SOURCED:
            return ""
        places = self._calling.get()
        if places is None:
            return self.places.here()
        if not places:
            places.append(self.places.here())
        return places[0]
