"""What detectors are shown besides traces: what belongs to no single request."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CreatedEngine:
    """An engine that the service has just made.

    Parameters:
        place: ``path:line`` where it was made.
        test: the test that was running, if any.
        is_async: whether its dialect is.
        in_request: whether it was made while a request was served, by an app that had started.
        in_lifespan: whether it was made by the lifespan of an app.
        second: whether it has connected while an engine of the same lifespan and URL has a
            connection; it is told again then.
    """

    place: str
    test: str
    is_async: bool
    in_request: bool
    in_lifespan: bool
    second: bool = False


@dataclass(frozen=True, slots=True)
class EngineAfterShutdown:
    """An engine whose app has shut down.

    Parameters:
        place: ``path:line`` where it was made.
        test: the test that was running, if any.
        open_connections: how many of its connections are open.
    """

    place: str
    test: str
    open_connections: int


@dataclass(frozen=True, slots=True)
class AbandonedSession:
    """A session that was garbage-collected in the middle of a unit of work.

    Parameters:
        place: ``path:line`` where it was made.
        test: the test that was running when its unit of work began, if any.
    """

    place: str
    test: str
