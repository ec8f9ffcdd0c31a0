"""Whose line uses a session, whoever has made it.

Tests hand the service their own session as often as not. What the service's lines do with it they
do with any other; only where a session is opened and closed is then the tests' business.
"""

from __future__ import annotations

from ...traces import Event, Trace
from ..source_locations import is_test


def by_a_test(trace: Trace, event: Event) -> bool:
    """Say whether a line of the tests did something, and not one of the service.

    What no line of the project's own did, such as the reading of a response, its operation did.
    """
    return is_test(event.source or trace.place)
