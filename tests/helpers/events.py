"""Events and traces of one request to test with."""

from typing import Any

from async_db.traces import Event, Trace


def traced(*events: Event, **more: Any) -> Trace:
    return Trace(1, "POST /x", "app/x.py:1", events, **more)


def event(kind: Any, **more: Any) -> Event:
    return Event(kind, 0.0, 1, **more)
