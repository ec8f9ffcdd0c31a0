"""Watching a service's own test run: which request, which test, whose line, whose session.

Everything is done from outside: SQLAlchemy's events, and the functions that `async_db.watching.instrumentation`
wraps for the length of the run. What they return and raise stays as it is.
"""

from __future__ import annotations

import asyncio
import time
import traceback
from collections import Counter, defaultdict
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from inspect import CO_ASYNC_GENERATOR, CO_GENERATOR
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary, WeakSet, ref

from sqlalchemy import Connection, Engine, event
from sqlalchemy.orm import Session, SessionTransaction
from sqlalchemy.pool import Pool, QueuePool, StaticPool

from async_db.findings import Finding, Grade
from async_db.traces import OWN_BLOCK, Event, Kind, Trace
from async_db.watching.asgi_types import Receive, Scope, Send
from async_db.watching.detecting import findings_of
from async_db.watching.idle_threads import IdleThread
from async_db.watching.instrumentation import wrapped
from async_db.watching.outside_waits import outside_wait, stepped
from async_db.watching.recorder import Recorder, calls, describe_error
from async_db.watching.source_locations import Places, is_test

ENGINE_ADVICE = "create the engine in the lifespan, and hand it out from there"
MAX_EVENTS = 5_000  # of one request; what comes after is not looked at
MAX_FINDINGS = 10_000
MAX_ALIKE = 50  # findings of one rule and place; more tell nothing new
MIDDLEWARE_BUILDERS = frozenset(
    {"Starlette.build_middleware_stack", "FastAPI.build_middleware_stack"}
)
SOURCED: frozenset[Kind] = frozenset(
    {"checkout", "statement", "load", "wait", "unit.begin", "unit.commit", "unit.rollback"}
)
IN_THREAD = "in a thread"


@dataclass(slots=True)
class WatchedEngine:
    """An engine that the service made, as long as it is there."""

    url: str
    place: str
    lifespan: int | None
    open: int = 0


@dataclass(slots=True)
class _Served:
    """A request that is being served."""

    test: str
    events: list[Event] = field(default_factory=list)
    shared: dict[int, str] = field(default_factory=dict)
    foreign: set[int] = field(default_factory=set)
    units: set[int] = field(default_factory=set)
    tasks: dict[int, ref[asyncio.Task[Any]]] = field(default_factory=dict)

    def keep(self, event: Event) -> None:
        self.events.append(event)
        if event.session is None:
            return
        if event.kind == "unit.begin":
            self.units.add(event.session)
        elif event.kind == "unit.end":
            self.units.discard(event.session)

    def working(self, finished: asyncio.Task[Any] | None) -> frozenset[int]:
        """Give the tasks that the request has started and that go on without it."""
        alive = ((number, task()) for number, task in self.tasks.items())
        return frozenset(
            number
            for number, task in alive
            if task is not None and task is not finished and not task.done()
        )


class Observer(Recorder):
    """Records a test run request by request, and keeps of each only what was found.

    Parameters:
        root: the project; lines outside it, or of installed packages in it, are not its own.
        test: asked for the test that runs now, an empty text between tests.
        examined: told each request when all of it is over, with what was found in it.
        loose: told each event that belongs to no request.
    """

    def __init__(
        self,
        root: Path,
        test: Callable[[], str],
        examined: Callable[[Trace, list[Finding]], None] = lambda *_: None,
        loose: Callable[[Event], None] = lambda _: None,
    ) -> None:
        super().__init__()
        self.findings: list[Finding] = []
        self.problem: str | None = None
        self.places = Places(root)
        self._test = test
        self._examined = examined
        self._loose = loose
        self._alike: Counter[tuple[str, str, int]] = Counter()
        self._served: dict[int, _Served] = {}
        self._made: WeakKeyDictionary[Session, tuple[int | None, str, bool]] = WeakKeyDictionary()
        self._in_operations: WeakSet[Session] = WeakSet()
        self._foreign: dict[int, ref[Session]] = {}
        self._begun: dict[int, ref[Session]] = {}
        self._engines: WeakKeyDictionary[Engine, WatchedEngine] = WeakKeyDictionary()
        self._pool_sizes: dict[int, int] = {}
        self._known_pools: WeakSet[Pool] = WeakSet()
        self._held: defaultdict[int, set[int]] = defaultdict(set)
        self._idle = IdleThread()
        self._stepping: ContextVar[bool] = ContextVar("stepping", default=False)
        self._lifespan: ContextVar[int | None] = ContextVar("lifespan", default=None)
        self._lifespans = 0

    @contextmanager
    def watching(self) -> Iterator[Observer]:
        """Watch every app, session and engine of this process for the length of the block."""
        with wrapped(self), self.listening():
            yield self

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

    @property
    def in_request(self) -> bool:
        return self._request.get() is not None

    @property
    def in_lifespan(self) -> bool:
        return self._lifespan.get() is not None

    async def live(self, app: Any, scope: Scope, receive: Receive, send: Send) -> None:
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

    async def operate(self, serving: Coroutine[Any, Any, object]) -> None:
        """Serve a route of the app, and look at what its task waits for."""
        if self._stepping.get() or self._request.get() is None:
            await serving
            return
        token = self._stepping.set(True)
        try:
            await stepped(serving, self._looked_at)
        finally:
            self._stepping.reset(token)

    def session_made(self, session: Session) -> None:
        self._safely(self._on_session_made)(session)

    def engine_made(self, engine: Engine) -> None:
        self._safely(self._on_engine_made)(engine)

    def connection_wanted(self, pool: Pool) -> None:
        self._safely(self._on_connection_wanted)(pool)

    def connection_refused(self, pool: Pool, error: Exception) -> None:
        self._safely(self._on_connection_refused)(pool, error)

    # --- sessions ----------------------------------------------------------------------------

    def _on_session_made(self, session: Session) -> None:
        frame = self.places.frame()
        place = self.places.line_of(frame)
        request = self._request.get()
        number = self._sessions(session)
        by_tests = is_test(place) or (request is None and self._in_test_only())
        if by_tests:
            self._foreign[number] = ref(session, lambda _: self._foreign.pop(number, None))
        self._made[session] = (request, place, by_tests)
        # A dependency, and a context manager that is written as one, is a generator.
        if frame is not None and not frame.f_code.co_flags & (CO_GENERATOR | CO_ASYNC_GENERATOR):
            self._in_operations.add(session)
        self._record("session", session=number)

    def _in_test_only(self) -> bool:
        """Whether a test runs and no app is being started: what is made now is the test's."""
        return bool(self._test()) and not self.in_lifespan

    def _used(self, session: Session) -> None:
        request = self._request.get()
        made = self._made.get(session)
        if made is None or request is None:
            return
        first, place, by_tests = made
        if first is None:
            self._made[session] = (request, place, by_tests)
        elif first != request and not by_tests and request in self._served:
            self._served[request].shared[self._sessions(session)] = place

    def _on_session_begin(
        self, session: Session, transaction: SessionTransaction, connection: Connection
    ) -> None:
        number = self._sessions(session)
        if number not in self._begun:
            _, place, by_tests = self._made.get(session, (None, "", True))
            if not by_tests:
                self._begun[number] = ref(session, self._collected(number, place, self._test()))
        super()._on_session_begin(session, transaction, connection)

    def _on_session_end(self, session: Session, transaction: SessionTransaction) -> None:
        if transaction.parent is None:
            self._begun.pop(self._sessions(session), None)
        super()._on_session_end(session, transaction)

    def _collected(self, number: int, place: str, test: str) -> Callable[[object], None]:
        def collected(_: object) -> None:
            if self._begun.pop(number, None) is not None:
                self._find(
                    "session/own-session-outside-requests",
                    "proven",
                    place,
                    "a session is garbage-collected in the middle of a unit of work",
                    "open it in an async with block, which closes it",
                    test,
                )

        return self._safely(collected)

    # --- engines and pools -------------------------------------------------------------------

    def _on_engine_made(self, engine: Engine) -> None:
        place, test = self.places.here(), self._test()
        if not place or is_test(place) or (not self.in_request and self._in_test_only()):
            return
        watched = WatchedEngine(repr(engine.url), place, self._lifespan.get())
        # Without a lifespan, an app builds its middleware when the first request comes.
        starting = any(calls(package, MIDDLEWARE_BUILDERS) for package in ("starlette", "fastapi"))
        if self.in_request and not starting:
            message = "an engine is made in a request"
            self._find("engine/one-per-process", "proven", place, message, ENGINE_ADVICE, test)
        elif engine.url.database not in {None, "", ":memory:"} and any(
            other.url == watched.url and other.lifespan == watched.lifespan
            for other in self._engines.values()
        ):
            message = "a second engine is made for one URL"
            self._find("engine/one-per-process", "proven", place, message, ENGINE_ADVICE, test)
        elif not self.in_lifespan and engine.dialect.is_async:
            message = "an async engine is made at import, before there is an event loop"
            self._find("engine/created-in-lifespan", "review", place, message, ENGINE_ADVICE, test)
        self._engines[engine] = watched
        self._count_connections(engine, watched)

    def _count_connections(self, engine: Engine, watched: WatchedEngine) -> None:
        def opened(*_: object) -> None:
            watched.open += 1

        def closed(*_: object) -> None:
            watched.open -= 1

        if isinstance(engine.pool, StaticPool):
            return  # of connections that are opened at the same time it keeps one, and loses the others
        event.listen(engine.pool, "connect", opened)
        event.listen(engine.pool, "close", closed)

    def _after_shutdown(self, lifespan: int, test: str) -> None:
        for watched in list(self._engines.values()):
            if watched.lifespan == lifespan and watched.open > 0:
                self._find(
                    "engine/disposed-on-shutdown",
                    "proven",
                    watched.place,
                    f"{watched.open} connections are open after shutdown",
                    "dispose of the engine in the lifespan's finally",
                    test,
                )

    def _on_engine_connect(self, connection: Any) -> None:
        super()._on_engine_connect(connection)
        pool = connection.engine.pool
        if pool not in self._known_pools and isinstance(pool, QueuePool):
            self._known_pools.add(pool)
            self._pool_sizes[self._pools(pool)] = pool.size()

    def _on_connection_wanted(self, pool: Pool) -> None:
        """Note a wait, if all of a pool's connections are held by requests and not by a test."""
        if self.in_request and isinstance(pool, QueuePool):
            limit = pool.size() + pool._max_overflow
            full = pool.size() > 0 and pool._max_overflow >= 0 and pool.checkedout() >= limit
            number = self._pools(pool)
            if full and len(self._held[number]) >= limit:
                self._record("wait", pool=number)

    def _on_connection_refused(self, pool: Pool, error: Exception) -> None:
        self._record("error", pool=self._pools(pool), detail=describe_error(error))

    # --- requests ----------------------------------------------------------------------------

    def _keep(self, event: Event) -> None:
        if event.connection is not None and event.pool is not None:
            self._hold(event)
        served = None if event.request is None else self._served.get(event.request)
        if served is None:
            self._loose(event)
            return
        if event.session in self._foreign:
            served.foreign.add(event.session or 0)
        if event.task is None and event.connection is not None:
            self._note_idle_thread(served, event)
        elif event.task is not None and event.task not in served.tasks:
            task = asyncio.current_task()
            if task is not None:
                served.tasks[event.task] = ref(task)
        if len(served.events) < MAX_EVENTS:
            served.keep(event)

    def _hold(self, event: Event) -> None:
        held = self._held[event.pool or 0]
        if event.kind == "checkout" and event.request is not None and not is_test(event.source):
            held.add(event.connection or 0)
        elif event.kind in {"checkin", "close"}:
            held.discard(event.connection or 0)

    def _note_idle_thread(self, served: _Served, event: Event) -> None:
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
            served = self._served.get(self._request.get() or 0)
            if served is None or not served.units - served.foreign:
                return None
            found = outside_wait(serving, self.places)
            if found is None:
                return None
            what, place = found
            number = self._request.get()
            self._keep(
                Event("outside.start", time.perf_counter(), number, detail=what, source=place)
            )
            return lambda: self._keep(Event("outside.end", time.perf_counter(), number))
        except Exception as error:  # noqa: BLE001 (as in _safely)
            self._note_problem(error)
            return None

    def _began(self, number: int) -> None:
        self._served[number] = _Served(self._test())

    def _ended(self, number: int, scope: Scope) -> None:
        self._safely(self._examine)(number, scope)

    def _examine(self, number: int, scope: Scope) -> None:
        served = self._served.pop(number, None)
        if served is None or len(served.events) >= MAX_EVENTS:
            return
        trace = Trace(
            number=number,
            route=f"{scope['method']} {_route_path(scope)}",
            place=self.places.definition_of(scope.get("endpoint")),
            events=tuple(served.events),
            test=served.test,
            foreign=frozenset(served.foreign),
            pools=tuple(self._pool_sizes.items()),
            shared=tuple(served.shared.items()),
            working=served.working(asyncio.current_task()),
        )
        for session in served.units:
            self._begun.pop(session, None)  # said here; it need not be said again when collected
        found = findings_of(trace)
        for finding in found:
            self._add(finding)
        self._examined(trace, found)

    # --- findings ----------------------------------------------------------------------------

    def _find(
        self, rule: str, grade: Grade, place: str, message: str, advice: str, test: str
    ) -> None:
        path, _, line = place.rpartition(":")
        number = int(line) if line.isdecimal() else 1
        self._add(Finding(rule, grade, path or place, number, message, advice, test))

    def _add(self, finding: Finding) -> None:
        alike = (finding.rule, finding.path, finding.line)
        self._alike[alike] += 1
        if self._alike[alike] <= MAX_ALIKE and len(self.findings) < MAX_FINDINGS:
            self.findings.append(finding)

    def _committing(self, session: Session) -> str:
        """Tell the end of a ``begin()`` block of an operation's own session from all else."""
        if session not in self._in_operations:
            return ""
        ends_a_block = calls("sqlalchemy", frozenset({"TransactionalContext.__exit__"}))
        return OWN_BLOCK if ends_a_block else ""

    def _source(self, kind: Kind) -> str:
        return self.places.here() if kind in SOURCED else ""


def _route_path(scope: Scope) -> str:
    return str(getattr(scope.get("route"), "path", None) or scope.get("path", ""))
