"""Watching what a service does to its database, and what of it breaks a rule.

It runs in the environment of the service that it watches, and needs what that has: SQLAlchemy and
Starlette. So it loads nothing else, and whoever has to start without them loads it late.
"""

from async_db.watching.asgi_client import Client, Exchange, started
from async_db.watching.asgi_types import ASGIApp, Message, Receive, Scope, Send
from async_db.watching.detectors import DETECTORS, findings_of
from async_db.watching.error_text import describe_error
from async_db.watching.observer import Observer
from async_db.watching.per_test_recorder import TestRecorder
from async_db.watching.recorder import Recorder
from async_db.watching.source_locations import is_test
from async_db.watching.watched_service import Serve, Service, answers_and_errors, watched

__all__ = [
    "DETECTORS",
    "ASGIApp",
    "Client",
    "Exchange",
    "Message",
    "Observer",
    "Receive",
    "Recorder",
    "Scope",
    "Send",
    "Serve",
    "Service",
    "TestRecorder",
    "answers_and_errors",
    "describe_error",
    "findings_of",
    "is_test",
    "started",
    "watched",
]
