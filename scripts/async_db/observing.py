"""Watching a service's own test run: which request, which test, whose line, whose session.

Everything is done from outside: SQLAlchemy's events, and three functions that are wrapped for the
length of the run (the ASGI call of an app, the making of a session, the making of an engine). What
they return and raise stays as it is.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FrameType
from typing import Any
from weakref import WeakKeyDictionary, WeakSet

from sqlalchemy import Engine, event
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.orm import Session
from sqlalchemy.pool import Pool, QueuePool
from starlette.applications import Starlette

from async_db.detecting import Trace, findings_of
from async_db.findings import Finding
from async_db.trace import Event, Kind, Receive, Recorder, Scope, Send

MAX_EVENTS = 5_000  # of one request; what comes after is not looked at
MAX_FINDINGS = 10_000
MAX_FRAMES = 120
SOURCED: frozenset[Kind] = frozenset({"checkout", "statement", "unit.commit", "unit.rollback"})
ENGINE_ADVICE = "create the engine in the lifespan, and hand it out from there"


@dataclass(slots=True)
class WatchedEngine:
    """An engine that the service made, as long as it is there."""

    url: str
    place: str
    lifespan: int | None
    open: int = 0


@dataclass(slots=True)
class _Open:
    """A request that is being served."""

    test: str
    events: list[Event] = field(default_factory=list)
    shared: dict[int, str] = field(default_factory=dict)


class Observer(Recorder):
    """Records a test run request by request, and keeps of each only what was found.

    Parameters:
        root: the project; lines outside it, or of installed packages in it, are not its own.
        test: asked for the test that runs now, an empty text between tests.
    """

    def __init__(self, root: Path, test: Callable[[], str]) -> None:
        super().__init__()
        self.findings: list[Finding] = []
        self.problem: str | None = None
        self._root = f"{root}/"
        self._test = test
        self._open: dict[int, _Open] = {}
        self._own_code: dict[CodeType, str | None] = {}
        self._made: WeakKeyDictionary[Session, tuple[int | None, str, bool]] = WeakKeyDictionary()
        self._engines: WeakKeyDictionary[Engine, WatchedEngine] = WeakKeyDictionary()
        self._pool_sizes: dict[int, int] = {}
        self._known_pools: WeakSet[Pool] = WeakSet()
        self._foreign: set[int] = set()
        self._lifespan: ContextVar[int | None] = ContextVar("lifespan", default=None)
        self._lifespans = 0

    def _safely(self, call: Callable[..., None]) -> Callable[..., None]:
        """Keep a fault of the watching from what is watched, and note the first."""

        def guarded(*arguments: object) -> None:
            try:
                call(*arguments)
            except Exception as error:  # noqa: BLE001 (whatever it is, the tests must not notice)
                self.problem = self.problem or f"{type(error).__name__}: {error}"

        return guarded

    # --- what is wrapped ---------------------------------------------------------------------

    @contextmanager
    def watching(self) -> Iterator[Observer]:
        """Watch every app, session and engine of this process for the length of the block."""
        serve, make_session = Starlette.__call__, Session.__init__
        engine_made = Dialect.__dict__["engine_created"]
        observer = self
        session_made = self._safely(self._on_session_made)
        engine_watched = self._safely(self._on_engine_made)

        async def served(app: Starlette, scope: Scope, receive: Receive, send: Send) -> None:
            kind = scope["type"]
            if kind == "http" and observer._request.get() is None:
                bound = serve.__get__(app)
                await observer.wrap(bound)(scope, receive, send)
            elif kind == "lifespan" and observer._lifespan.get() is None:
                await observer._live(serve.__get__(app), scope, receive, send)
            else:
                await serve(app, scope, receive, send)

        def made_session(session: Session, *args: Any, **kwargs: Any) -> None:
            make_session(session, *args, **kwargs)
            session_made(session)

        def made_engine(dialect: type[Dialect], engine: Engine) -> None:
            engine_made.__get__(None, dialect)(engine)
            engine_watched(engine)

        # Replacing methods is what no type allows, and the only way that leaves the target as it is.
        Starlette.__call__ = served  # type: ignore[method-assign,assignment]
        Session.__init__ = made_session  # type: ignore[method-assign,assignment]
        Dialect.engine_created = classmethod(made_engine)  # type: ignore[method-assign,assignment]
        try:
            with self.listening():
                yield self
        finally:
            Starlette.__call__ = serve  # type: ignore[method-assign]
            Session.__init__ = make_session  # type: ignore[method-assign]
            Dialect.engine_created = engine_made  # type: ignore[method-assign]

    # --- sessions and engines ----------------------------------------------------------------

    def _on_session_made(self, session: Session) -> None:
        place = self._place()
        request = self._request.get()
        number = self._sessions(session)
        by_tests = is_test(place) or (request is None and self._in_test_only())
        if by_tests:
            self._foreign.add(number)
        self._made[session] = (request, place, by_tests)
        self._record("session", session=number)

    def _in_test_only(self) -> bool:
        """Whether a test runs and no app is being started: what is made now is the test's."""
        return bool(self._test()) and self._lifespan.get() is None

    def _used(self, session: Session) -> None:
        request = self._request.get()
        made = self._made.get(session)
        if made is None or request is None:
            return
        first, place, by_tests = made
        if first is None:
            self._made[session] = (request, place, by_tests)
        elif first != request and not by_tests and request in self._open:
            self._open[request].shared[self._sessions(session)] = place

    def _on_engine_made(self, engine: Engine) -> None:
        place, request, test = self._place(), self._request.get(), self._test()
        if not place or is_test(place) or (request is None and self._in_test_only()):
            return
        watched = WatchedEngine(repr(engine.url), place, self._lifespan.get())
        if request is not None:
            self._find("engine/created-in-lifespan", place, "an engine is made in a request", test)
        elif engine.url.database not in {None, "", ":memory:"} and any(
            other.url == watched.url and other.lifespan == watched.lifespan
            for other in self._engines.values()
        ):
            self._find("engine/one-per-process", place, "a second engine is made for one URL", test)
        self._engines[engine] = watched
        self._count_connections(engine, watched)

    def _count_connections(self, engine: Engine, watched: WatchedEngine) -> None:
        def opened(*_: object) -> None:
            watched.open += 1

        def closed(*_: object) -> None:
            watched.open -= 1

        event.listen(engine.pool, "connect", opened)
        event.listen(engine.pool, "close", closed)

    async def _live(self, app: Any, scope: Scope, receive: Receive, send: Send) -> None:
        self._lifespans += 1
        number = self._lifespans
        token = self._lifespan.set(number)
        test = self._test()
        try:
            await app(scope, receive, send)
        finally:
            self._lifespan.reset(token)
            for watched in list(self._engines.values()):
                if watched.lifespan == number and watched.open > 0:
                    message = f"{watched.open} connections are open after shutdown"
                    self._find("engine/disposed-on-shutdown", watched.place, message, test)

    def _on_engine_connect(self, connection: Any) -> None:
        super()._on_engine_connect(connection)
        pool = connection.engine.pool
        if pool not in self._known_pools and isinstance(pool, QueuePool):
            self._known_pools.add(pool)
            self._pool_sizes[self._pools(pool)] = pool.size()

    def _find(self, rule: str, place: str, message: str, test: str) -> None:
        path, _, line = place.rpartition(":")
        advice = {
            "engine/disposed-on-shutdown": "dispose of the engine in the lifespan's finally",
        }.get(rule, ENGINE_ADVICE)
        number = int(line) if line.isdecimal() else 1
        self._add(Finding(rule, "proven", path or place, number, message, advice, test))

    def _add(self, finding: Finding) -> None:
        if len(self.findings) < MAX_FINDINGS:
            self.findings.append(finding)

    # --- requests ----------------------------------------------------------------------------

    def _keep(self, event: Event) -> None:
        if event.request is None:
            return
        request = self._open.get(event.request)
        if request is not None and len(request.events) < MAX_EVENTS:
            request.events.append(event)

    def _began(self, number: int) -> None:
        self._open[number] = _Open(self._test())

    def _ended(self, number: int, scope: Scope) -> None:
        self._safely(self._examine)(number, scope)

    def _examine(self, number: int, scope: Scope) -> None:
        request = self._open.pop(number, None)
        if request is None or len(request.events) >= MAX_EVENTS:
            return
        trace = Trace(
            number=number,
            route=f"{scope['method']} {_route_path(scope)}",
            place=self._operation_place(scope),
            events=tuple(request.events),
            test=request.test,
            foreign=frozenset(self._foreign & {e.session for e in request.events if e.session}),
            pools=tuple(self._pool_sizes.items()),
            shared=tuple(request.shared.items()),
        )
        for finding in findings_of(trace):
            self._add(finding)

    # --- whose line --------------------------------------------------------------------------

    def _source(self, kind: Kind) -> str:
        return self._place() if kind in SOURCED else ""

    def _place(self) -> str:
        """Name the innermost line of the project's own code that is running now."""
        frame: FrameType | None = sys._getframe(1)
        outside = False
        for _ in range(MAX_FRAMES):
            if frame is None and not outside:
                frame, outside = _awaiting_frame(), True
            if frame is None:
                return ""
            name = self._own_path(frame.f_code)
            if name is not None:
                return f"{name}:{frame.f_lineno}"
            frame = frame.f_back
        return ""

    def _own_path(self, code: CodeType) -> str | None:
        if code not in self._own_code:
            file = code.co_filename
            inside = file.startswith(self._root) and "site-packages" not in file
            self._own_code[code] = file.removeprefix(self._root) if inside else None
        return self._own_code[code]

    def _operation_place(self, scope: Scope) -> str:
        code = getattr(scope.get("endpoint"), "__code__", None)
        path = self._own_path(code) if code else None
        return f"{path}:{code.co_firstlineno}" if code and path else ""


def is_test(place: str) -> bool:
    """Whether a line is in a test file or in a folder of tests."""
    path = Path(place.rpartition(":")[0])
    name = path.name
    is_test_file = name == "conftest.py" or name.startswith("test_") or name.endswith("_test.py")
    return is_test_file or bool({"test", "tests"} & set(path.parts[:-1]))


def _route_path(scope: Scope) -> str:
    return str(getattr(scope.get("route"), "path", None) or scope.get("path", ""))


def _awaiting_frame() -> FrameType | None:
    """Return where the coroutine waits on whose behalf SQLAlchemy runs this greenlet, if it does."""
    greenlet = sys.modules.get("greenlet")
    current = greenlet.getcurrent() if greenlet else None
    parent = getattr(current, "parent", None)
    frame: FrameType | None = getattr(parent, "gr_frame", None)
    return frame
