"""What each test did to the database, recorded while a project's tests are run for a proof."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from ..findings import Finding
from ..traces import Event, Recording, Trace
from .observer import Observer

MAX_REQUESTS = 40  # of one test
MAX_EVENTS = 300  # of one request, and of what belongs to none


class TestRecorder:
    """Watches all that happens in this process and hands it out test by test.

    Parameters:
        project: the root of the project whose tests run.
    """

    __test__ = False  # pytest takes it for a test otherwise

    def __init__(self, project: Path) -> None:
        self.test = ""
        self._requests: list[Trace] = []
        self._outside: list[Event] = []
        self._told = 0
        self._observer = Observer(project, lambda: self.test, self._examined, self._happened)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch for the length of the block."""
        with self._observer.watching():
            yield

    def take(self) -> Recording:
        """Give what has happened since this was asked last.

        Raises:
            RuntimeError: the watching itself failed.
        """
        if self._observer.problem:
            raise RuntimeError(f"observe failed: {self._observer.problem}")
        findings = tuple(self._observer.findings[self._told :])
        self._told = len(self._observer.findings)
        taken = Recording(tuple(self._requests), tuple(self._outside), findings)
        self._requests, self._outside = [], []
        return taken

    def _examined(self, trace: Trace, _: list[Finding]) -> None:
        if len(self._requests) < MAX_REQUESTS:
            self._requests.append(replace(trace, events=trace.events[:MAX_EVENTS]))

    def _happened(self, event: Event) -> None:
        if len(self._outside) < MAX_EVENTS:
            self._outside.append(event)
