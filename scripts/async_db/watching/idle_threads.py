"""Whether a thread has waited, or worked, or only not been given a processor or the interpreter."""

from __future__ import annotations

import os
import threading
import time
from contextlib import suppress

from ..traces import Event
from .processor_queue import ProcessorQueue

WAIT_SECONDS = 0.05
# Without the scheduler's counts: of a process that works this share of the time, one thread may
# well have waited for another.
BUSY_SHARE = 0.5
SCHEDULER = "/proc/thread-self/schedstat"

_queue = ProcessorQueue()


class IdleThread(threading.local):
    """Since when the current thread has done nothing for the connection that it holds."""

    def __init__(self) -> None:
        self.last: Event | None = None
        """The end of the last statement."""
        self._at = self._occupied = self._process = 0.0
        self._snapshot = _queue.latest()
        self._scheduler = -1
        with suppress(OSError):
            self._scheduler = os.open(SCHEDULER, os.O_RDONLY)

    def __del__(self) -> None:
        if self._scheduler >= 0:
            os.close(self._scheduler)

    def begin(self, last: Event) -> None:
        """Begin to look, after the end of a statement."""
        self.last = last
        self._snapshot = _queue.latest()
        # The clock is read last: what the reading takes must not count as a wait.
        self._occupied, self._process = self.occupied(), time.process_time()
        self._at = time.perf_counter()

    def waited(self) -> bool:
        """Say whether most of the time since then was a wait for something.

        A thread that is not given a processor does not wait, nor does one that is not given the
        interpreter because the thread that has it is not given a processor. So there must have been
        time enough in which no thread of the process wanted one.
        """
        passed = time.perf_counter() - self._at
        if passed < WAIT_SECONDS:
            return False
        if passed - (self.occupied() - self._occupied) < WAIT_SECONDS:
            return False
        if self._scheduler < 0:
            return time.process_time() - self._process < passed * BUSY_SHARE
        if self._snapshot is None:  # a thread has ended while it was being taken
            return False
        unwanted = _queue.unwanted_since(self._snapshot)
        # What was before `begin` may have been no time of this thread's.
        return unwanted - (self._at - self._snapshot.at) >= WAIT_SECONDS

    def occupied(self) -> float:
        """Give the seconds for which this thread had a processor or stood in the line for one."""
        if self._scheduler >= 0:
            ran, stood = os.pread(self._scheduler, 100, 0).split()[:2]
            return (int(ran) + int(stood)) / 1e9
        return time.thread_time()
