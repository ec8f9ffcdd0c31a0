"""Watching a service's own test run: which request, which test, whose line, whose session.

Everything is done from outside: SQLAlchemy's events, and the functions that `instrumentation` wraps
for the length of the run. What they return and raise stays as it is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy.engine import Connection, Engine
from sqlalchemy.pool import Pool

from ..findings import Finding
from ..traces import Coverage, Event, Kind, Trace
from .asgi_types import ASGIApp, Receive, Scope, Send
from .callers import calls
from .detectors import AbandonedSession, CreatedEngine, Subject, findings_of
from .error_text import describe_error
from .idle_threads import IdleThread
from .instrumentation import instrumented
from .kept_findings import KeptFindings
from .outside_waits import outside_wait, stepped
from .route_sampling import UNWATCHED, RouteSampling
from .served_request import ServedRequest
from .session_recorder import SessionRecorder
from .source_locations import is_test
from .trace_shapes import SilentShapes, shape_of
from .watched_engines import WatchedEngines
from .watched_pools import WatchedPools

if TYPE_CHECKING:
    from sqlalchemy.pool import ConnectionPoolEntry

MIDDLEWARE_BUILDERS = frozenset(
    {"Starlette.build_middleware_stack", "FastAPI.build_middleware_stack"}
)
MIGRATIONS = frozenset({"ScriptDirectory.run_env"})
IN_THREAD = "in a thread"
HOLDING: frozenset[Kind] = frozenset({"checkout", "checkin", "close"})


class Observer(SessionRecorder):
    """Records a test run request by request, and keeps of each only what was found.

    Parameters:
        root: the project; lines outside it, or of installed packages in it, are not its own.
        test: asked for the test that runs now, an empty text between tests.
        examined: told each request when all of it is over, with what was found in it; requests in
            which nothing new can be are put together for it alone.
        loose: told each event that belongs to no request.
        found: keeps what is found.
        sampling: which requests are watched, but for those that a test sends; if it is not given,
            all of them are.
    """

    served = frozenset({"http", "websocket"})

    def __init__(
        self,
        root: Path,
        test: Callable[[], str],
        examined: Callable[[Trace, list[Finding]], None] | None = None,
        loose: Callable[[Event], None] = lambda _: None,
        found: KeptFindings | None = None,
        sampling: RouteSampling | None = None,
    ) -> None:
        super().__init__(root, test)
        self.examined = examined
        self._loose = loose
        self._watched_engines = WatchedEngines()
        self._watched_pools = WatchedPools()
        self._found = KeptFindings() if found is None else found
        self._silent = SilentShapes()
        self._idle = IdleThread()
        self._sampling = sampling
        self._lifespans = self._unwatched = 0
        self._with_database = self._with_tests_sessions = self._too_long = 0

    @property
    def findings(self) -> list[Finding]:
        """What has been found so far, within bounds."""
        return self._found.findings

    @property
    def coverage(self) -> Coverage:
        """How much has been seen so far."""
        problems = (f"did not see everything: {self.problem}",) if self.problem else ()
        return Coverage(*self.counts(), problems)

    def counts(self) -> tuple[int, int, int, int, int, int, int, int]:
        """Give the counts of `coverage`, in their order."""
        found = self._found
        return (
            self.requests - self._unwatched,
            *(self._with_database, self._with_tests_sessions, self._too_long),
            *(found.alike, found.over, len(self._served), self._unwatched),
        )

    @contextmanager
    def watching(self) -> Iterator[Observer]:
        """Watch every app, session and engine of this process for the length of the block."""
        with instrumented(self), self.listening():
            yield self

    def finish(self) -> None:
        """Look at what must be over by now, when nothing more is to come."""
        for finding in self.remaining():
            self._found.add(finding)

    def remaining(self) -> list[Finding]:
        """Give what would be found if nothing more were to come."""
        ended = self._watched_engines.in_the_end()
        return [finding for engine in ended for finding in findings_of(engine)]

    # --- what the wrapped functions tell -----------------------------------------------------

    @property
    def in_request(self) -> bool:
        """Whether a request is being served in this context."""
        return self.request.get() is not None

    async def live(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        """Run an app's lifespan, and look at its engines when it is over."""
        self._lifespans += 1
        number = self._lifespans
        token = self._lifespan.set(number)
        test = self._test()
        try:
            await app(scope, receive, send)
        finally:
            self._lifespan.reset(token)
            self._safely(self._after_shutdown)(number, test)

    def operate(
        self, serving: Coroutine[Any, Any, object], route: object, scope: Scope
    ) -> Awaitable[object]:
        """Serve a route of the app, and look at what its task waits for, if it is watched."""
        number = self.request.get() or UNWATCHED
        served = self._served.get(number)
        if served is None or served.main is not None:
            return serving
        if not self._takes(served, route, scope):
            self._forget(number, served)
            return self._unwatched_serving(serving)
        return stepped(serving, served, self._looked_at)

    def _takes(self, served: ServedRequest, route: object, scope: Scope) -> bool:
        """Say whether a request that a route is about to serve is to be watched."""
        sampling = self._sampling
        if sampling is None or served.test or served.route is not None:
            return True
        try:
            served.route = sampling.route(route, scope.get("method", "WS"))
            return served.route is None or sampling.takes(served.route)
        except Exception as error:  # noqa: BLE001 (what is watched must not notice)
            self._note_problem(error)
            return True

    def _forget(self, number: int, served: ServedRequest) -> None:
        """Forget what a request has done so far: of what it does with that, nothing will be known."""
        self._unwatched += 1
        del self._served[number]
        served.over = True
        for session in served.units:
            self._watched_sessions.end(session)

    async def _unwatched_serving(self, serving: Coroutine[Any, Any, object]) -> None:
        token = self.request.set(UNWATCHED)
        try:
            await serving
        finally:
            self.request.reset(token)

    def engine_made(self, engine: Engine) -> None:
        self._safely(self._on_engine_made)(engine)

    def connection_wanted(self, pool: Pool) -> None:
        self._safely(self._on_connection_wanted)(pool)

    def connection_refused(self, pool: Pool, error: Exception) -> None:
        self._safely(self._on_connection_refused)(pool, error)

    def _on_session_abandoned(self, test: str, place: str) -> None:
        self._judge(AbandonedSession(place, test))

    # --- engines and pools -------------------------------------------------------------------

    def _on_engine_made(self, engine: Engine) -> None:
        place, test = self.places.here(), self._test()
        if not place or is_test(place) or calls("alembic", MIGRATIONS):
            return  # what migrates a database is no part of what serves requests
        lifespan = self._lifespan.get()
        # Without a lifespan, an app builds its middleware when the first request comes.
        starting = self.in_request and any(
            calls(package, MIDDLEWARE_BUILDERS) for package in ("starlette", "fastapi")
        )
        created = CreatedEngine(
            place,
            test,
            is_async=engine.dialect.is_async,
            in_request=self.in_request and not starting,
            in_lifespan=self.in_lifespan,
        )
        second = replace(created, in_request=False, second=True)
        if not self.in_request and self._in_test_only:
            # A test makes it, or has an app made that does: how many it wants is the test's matter.
            self._watched_engines.add(engine, place, lifespan, lambda: None)
            return
        self._watched_engines.add(engine, place, lifespan, partial(self._judge, second))
        self._judge(created)

    def _after_shutdown(self, lifespan: int, test: str) -> None:
        for engine in self._watched_engines.after_shutdown(lifespan, test):
            self._judge(engine)

    def _on_engine_connect(self, connection: Connection, *_: object) -> None:
        pool = connection.engine.pool
        number = self._pools(pool)
        size = self._watched_pools.size(pool, number)
        if self.request.get() == UNWATCHED:
            known = self._known_of(connection)
            if known is not None:
                known.pool = number
                self._watched_pools.take(number, known.number)
            return
        served = self._served.get(self.request.get() or 0)
        if served is not None and size is not None:
            served.note_pool(number, size)
        super()._on_engine_connect(connection)

    def _on_checkin(self, connection: object, record: ConnectionPoolEntry) -> None:
        super()._on_checkin(connection, record)
        self._given_back_unwatched(record)

    def _on_close(self, connection: object, record: ConnectionPoolEntry) -> None:
        super()._on_close(connection, record)
        self._given_back_unwatched(record)

    def _given_back_unwatched(self, record: ConnectionPoolEntry) -> None:
        if self.request.get() == UNWATCHED:  # of others, an event tells
            known = self._known(record.info)
            self._watched_pools.give_back(known.pool, known.number)

    def _on_connection_wanted(self, pool: Pool) -> None:
        if self.request.get():
            number = self._pools(pool)
            if self._watched_pools.exhausted(pool, number):
                self._record("wait", pool=number)

    def _on_connection_refused(self, pool: Pool, error: Exception) -> None:
        self._record("error", pool=self._pools(pool), detail=describe_error(error))

    # --- requests ----------------------------------------------------------------------------

    def _keep(self, event: Event, served: ServedRequest | None) -> None:
        kind, task, session = event[0], event[3], event[6]
        if kind in HOLDING:
            self._watched_pools.note_event(event)
        if served is None:
            self._loose(event)
            return
        if session is not None and session in self._foreign:
            served.foreign.add(session)
        if task is None:
            if event.connection is not None:
                self._note_idle_thread(served, event)
        elif task not in served.alive:
            served.note_task(task)
        served.keep(event, kind)

    def _note_idle_thread(self, served: ServedRequest, event: Event) -> None:
        """Insert the wait of a thread that has done nothing for long, while it held a connection."""
        idle = self._idle
        if event.kind in {"statement", "commit", "checkin"}:
            # Another request, or the loop's thread, may have used the connection since.
            before = (e for e in reversed(served.events) if e.connection == event.connection)
            if idle.last is not None and next(before, None) is idle.last and idle.waited():
                start = Event("outside.start", idle.last.at, event.request, detail=IN_THREAD)
                end = Event("outside.end", event.at, event.request, source=event.source)
                served.events += [start, end]
        if event.kind == "executed":
            idle.begin(event)
        else:
            idle.last = None

    def _looked_at(self, serving: Coroutine[Any, Any, object]) -> Callable[[], None] | None:
        """Note that a request begins to wait, if it is in a unit of work and not for the database."""
        try:
            found = outside_wait(serving, self.places)
            if found is None:
                return None
            what, place = found
            self._record("outside.start", detail=what, source=place)
            return lambda: self._record("outside.end")
        except Exception as error:  # noqa: BLE001 (what is watched must not notice)
            self._note_problem(error)
            return None

    def _began(self, number: int) -> None:
        self._served[number] = ServedRequest(self._test())

    def _ended(self, number: int, scope: Scope) -> None:
        try:
            self._examine(number, scope)
        except Exception as error:  # noqa: BLE001 (what is watched must not notice)
            self._note_problem(error)

    def _examine(self, number: int, scope: Scope) -> None:
        served = self._served.pop(number, None)
        if served is None:
            return
        served.over = True
        for session in served.units:
            # It is told here, and need not be told again when it is collected.
            self._watched_sessions.end(session)
        self._with_database += served.with_database
        self._with_tests_sessions += bool(served.foreign)
        self._too_long += bool(served.left_out)
        route = f"{scope.get('method', 'WS')} {_route_path(scope)}"
        place = self.places.definition_of(scope.get("endpoint"))
        working = served.working(asyncio.current_task())
        shape = None if working else shape_of(route, place, served)
        silent = self._silent.knows(shape)
        if silent and self.examined is None:
            return
        trace = Trace(
            number=number,
            route=route,
            place=place,
            events=tuple(served.events),
            test=served.test,
            foreign=frozenset(served.foreign),
            pools=tuple(served.pools.items()),
            shared=tuple(served.shared.items()),
            working=working,
            tasks=served.known_tasks(),
        )
        found = [] if silent else findings_of(trace)
        new = [self._found.add(finding) for finding in found]
        if any(new) and served.route is not None:
            served.route.found_new()
        if not found:
            self._silent.add(shape)
        if self.examined is not None:
            self.examined(trace, found)

    def _judge(self, subject: Subject) -> None:
        """Have all detectors look at something, and keep what they find."""
        for finding in findings_of(subject):
            self._found.add(finding)


def _route_path(scope: Scope) -> str:
    return str(getattr(scope.get("route"), "path", None) or scope.get("path", ""))
