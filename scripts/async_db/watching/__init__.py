"""Watching what a service does to its database, and what of it breaks a rule.

It runs in the environment of the service that it watches, and needs what that has: SQLAlchemy and
Starlette. So it loads nothing else, and whoever has to start without them loads it late. What
`recording` does is loaded where a record is wanted.
"""

from typing import TYPE_CHECKING, Any

from .asgi_client import Client, Exchange, started
from .asgi_types import ASGIApp, Message, Receive, Scope, Send
from .detectors import DETECTORS, findings_of
from .error_text import describe_error
from .kept_findings import KeptFindings, Place, place_of
from .observer import Observer
from .per_test_recorder import TestRecorder
from .recorder import Recorder
from .route_sampling import WATCHED_WHOLE, RouteSampling, SampledRoute
from .source_locations import is_test
from .watched_service import Serve, Service, answers_and_errors, watched

if TYPE_CHECKING:
    from .recording import RunRecorder, recorded, settled_below

__all__ = [
    "DETECTORS",
    "WATCHED_WHOLE",
    "ASGIApp",
    "Client",
    "Exchange",
    "KeptFindings",
    "Message",
    "Observer",
    "Place",
    "Receive",
    "Recorder",
    "RouteSampling",
    "RunRecorder",
    "SampledRoute",
    "Scope",
    "Send",
    "Serve",
    "Service",
    "TestRecorder",
    "answers_and_errors",
    "describe_error",
    "findings_of",
    "is_test",
    "place_of",
    "recorded",
    "settled_below",
    "started",
    "watched",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from . import recording

    return getattr(recording, name)
