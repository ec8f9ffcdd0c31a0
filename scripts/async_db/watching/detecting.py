"""What a trace shows of the rules: each detector reads one request's events and says what it saw.

Detectors are pure: a trace in, findings out. Each names its rule, and reports only what happened in
sessions that the service made, not in those of its tests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from async_db.findings import Finding
from async_db.traces import Trace
from async_db.watching.detectors.connections import (
    blocks_the_loop,
    left_checked_out,
    second_checkout,
    state_left_on_connection,
    waited_for_a_connection,
    waits_while_connected,
)
from async_db.watching.detectors.loads import loaded_by_reading, refused_to_load, repeated_statement
from async_db.watching.detectors.sessions import shared_between_requests, shared_between_tasks
from async_db.watching.detectors.units import (
    answered_but_not_stored,
    commit_after_response,
    error_but_stored,
)

Detector = Callable[["Trace"], Iterator[Finding]]

DETECTORS: tuple[Detector, ...] = (
    commit_after_response,
    answered_but_not_stored,
    error_but_stored,
    left_checked_out,
    second_checkout,
    shared_between_tasks,
    shared_between_requests,
    waited_for_a_connection,
    loaded_by_reading,
    refused_to_load,
    repeated_statement,
    blocks_the_loop,
    waits_while_connected,
    state_left_on_connection,
)


def findings_of(trace: Trace) -> list[Finding]:
    """Return what all detectors see in a trace."""
    return [finding for detector in DETECTORS for finding in detector(trace)]
