"""The engines that a service makes, and how many of their connections are open."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.pool import StaticPool

from .detectors import EngineAfterShutdown


@dataclass(slots=True)
class _WatchedEngine:
    """An engine that the service made, as long as it is there."""

    url: str
    place: str
    lifespan: int | None
    open: int = 0


class WatchedEngines:
    """Knows of each engine where it was made and what it has open, and keeps none alive."""

    def __init__(self) -> None:
        self._engines: WeakKeyDictionary[Engine, _WatchedEngine] = WeakKeyDictionary()

    def add(self, engine: Engine, place: str, lifespan: int | None) -> None:
        """Watch an engine from now on.

        Parameters:
            engine: that has just been made.
            place: ``path:line`` where it was.
            lifespan: the number of the lifespan that made it, if one did.
        """
        watched = _WatchedEngine(repr(engine.url), place, lifespan)
        self._engines[engine] = watched
        _count_connections(engine, watched)

    def has_one_like(self, engine: Engine, lifespan: int | None) -> bool:
        """Say whether an engine of the same lifespan is for the same database."""
        return engine.url.database not in {None, "", ":memory:"} and any(
            other.url == repr(engine.url) and other.lifespan == lifespan
            for other in self._engines.values()
        )

    def after_shutdown(self, lifespan: int, test: str) -> Iterator[EngineAfterShutdown]:
        """Tell in what state the engines of a lifespan are when it has ended."""
        for watched in list(self._engines.values()):
            if watched.lifespan == lifespan:
                yield EngineAfterShutdown(watched.place, test, watched.open)


def _count_connections(engine: Engine, watched: _WatchedEngine) -> None:
    def opened(*_: object) -> None:
        watched.open += 1

    def closed(*_: object) -> None:
        watched.open -= 1

    if isinstance(engine.pool, StaticPool):
        return  # of connections that are opened at the same time it keeps one, and loses the others
    event.listen(engine.pool, "connect", opened)
    event.listen(engine.pool, "close", closed)
