"""When no thread of this process wanted a processor, by the scheduler's own counts."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

THREADS = Path("/proc/self/task")
FRESH_SECONDS = 0.01  # to read the counts of all threads takes time, and statements are many


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the scheduler had counted at a moment.

    Parameters:
        at: seconds on the clock of ``time.perf_counter``.
        ran: seconds for which the process had a processor, threads that are gone too.
        stood: nanoseconds for which each thread has stood in the line for one.
    """

    at: float
    ran: float
    stood: dict[str, int]


class ProcessorQueue:
    """Takes snapshots, few however often it is asked."""

    def __init__(self) -> None:
        self._latest: Snapshot | None = None

    def latest(self) -> Snapshot | None:
        """Give a snapshot of now or of shortly before; nothing where the scheduler tells nothing."""
        latest = self._latest
        if latest is None or time.perf_counter() - latest.at > FRESH_SECONDS:
            latest = self._latest = _taken()
        return latest

    def unwanted_since(self, before: Snapshot) -> float:
        """Give the seconds since then in which surely no thread had a processor or wanted one.

        They are none if a thread has ended meanwhile: how long it stood in the line, nobody knows.
        """
        now = _taken()
        if now is None or not before.stood.keys() <= now.stood.keys():
            return 0.0
        stood = sum(ns - before.stood.get(thread, 0) for thread, ns in now.stood.items()) / 1e9
        return max(0.0, now.at - before.at - (now.ran - before.ran) - stood)


def _taken() -> Snapshot | None:
    at, ran = time.perf_counter(), time.process_time()
    try:
        stood = {thread: _stood(thread) for thread in os.listdir(THREADS)}
    except (OSError, ValueError, IndexError):  # no such counts, or a thread has just ended
        return None
    return Snapshot(at, ran, stood)


def _stood(thread: str) -> int:
    return int((THREADS / thread / "schedstat").read_bytes().split()[1])
