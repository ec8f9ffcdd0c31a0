"""The engines that a service makes, and how many of their connections are open."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from weakref import WeakKeyDictionary, finalize

from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.pool import QueuePool, StaticPool

from .detectors import EngineAfterShutdown


@dataclass(slots=True)
class _WatchedEngine:
    """An engine that the service made, as long as it is there."""

    url: str
    place: str
    lifespan: int | None
    is_async: bool
    single: bool
    open: int = 0
    outlived: bool = False
    test: str = ""
    told: bool = False


class WatchedEngines:
    """Knows of each engine where it was made and what it has open, and keeps none alive."""

    def __init__(self) -> None:
        self._engines: WeakKeyDictionary[Engine, _WatchedEngine] = WeakKeyDictionary()
        self._lost: dict[str, _WatchedEngine] = {}
        """Those that were garbage-collected after their app had left them; of each place one."""

    def add(
        self, engine: Engine, place: str, lifespan: int | None, second: Callable[[], object]
    ) -> None:
        """Watch an engine from now on.

        Parameters:
            engine: that has just been made.
            place: ``path:line`` where it was.
            lifespan: the number of the lifespan that made it, if one did.
            second: called once, if it connects while another of the same lifespan and database has
                a connection. One that never connects, or is disposed of before, does no harm;
                nor does one of a single connection, as a readiness check has.
        """
        watched = _WatchedEngine(
            repr(engine.url), place, lifespan, engine.dialect.is_async, _is_single(engine)
        )
        self._engines[engine] = watched
        finalize(engine, self._on_lost, watched).atexit = False
        _count_connections(engine, watched)
        if engine.url.database not in {None, "", ":memory:"} and not watched.single:
            event.listen(engine.pool, "connect", lambda *_: self._on_connect(watched, second))

    def _on_connect(self, watched: _WatchedEngine, second: Callable[[], object]) -> None:
        others = (
            other
            for other in self._engines.values()
            if other is not watched and other.lifespan == watched.lifespan
            if other.open > 0 and not other.single
        )
        if not watched.told and any(other.url == watched.url for other in others):
            watched.told = True
            second()

    def after_shutdown(self, lifespan: int, test: str) -> Iterator[EngineAfterShutdown]:
        """Tell in what state the engines of a lifespan are when it has ended."""
        for watched in list(self._engines.values()):
            if watched.lifespan == lifespan:
                yield EngineAfterShutdown(watched.place, test, watched.open)
            elif watched.lifespan is None and watched.open > 0 and not watched.outlived:
                # Another may dispose of it later, such as the test that has started the app.
                watched.outlived, watched.test = True, test

    def _on_lost(self, watched: _WatchedEngine) -> None:
        if watched.outlived and watched.open > 0:
            self._lost[watched.place] = watched

    def in_the_end(self) -> Iterator[EngineAfterShutdown]:
        """Tell of the async engines of no lifespan that an app has left and nobody has disposed of."""
        for watched in (*self._engines.values(), *self._lost.values()):
            if watched.outlived and watched.is_async:
                yield EngineAfterShutdown(watched.place, watched.test, watched.open)


def _is_single(engine: Engine) -> bool:
    return isinstance(engine.pool, QueuePool) and engine.pool.size() == 1


def _count_connections(engine: Engine, watched: _WatchedEngine) -> None:
    def opened(*_: object) -> None:
        watched.open += 1

    def closed(*_: object) -> None:
        watched.open -= 1

    if isinstance(engine.pool, StaticPool):
        return  # of connections that are opened at the same time it keeps one, and loses the others
    event.listen(engine.pool, "connect", opened)
    event.listen(engine.pool, "close", closed)
