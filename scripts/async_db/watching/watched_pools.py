"""The pools that a service uses: their sizes, and which connections requests hold."""

from __future__ import annotations

from collections import defaultdict
from weakref import WeakSet

from sqlalchemy.pool import Pool, QueuePool

from ..traces import Event
from .source_locations import is_test


class WatchedPools:
    """Knows pools by their numbers, and keeps none alive."""

    def __init__(self) -> None:
        self.sizes: dict[int, int] = {}
        """By number; without overflow."""
        self._known: WeakSet[Pool] = WeakSet()
        self._held: defaultdict[int, set[int]] = defaultdict(set)

    def note_size(self, pool: Pool, number: int) -> None:
        """Note a pool's size, if it is limited."""
        if pool not in self._known and isinstance(pool, QueuePool):
            self._known.add(pool)
            self.sizes[number] = pool.size()

    def note_event(self, event: Event) -> None:
        """Note a connection that a request, and not a test, has taken or given back."""
        held = self._held[event.pool or 0]
        if event.kind == "checkout" and event.request is not None and not is_test(event.source):
            held.add(event.connection or 0)
        elif event.kind in {"checkin", "close"}:
            held.discard(event.connection or 0)

    def exhausted(self, pool: Pool, number: int) -> bool:
        """Say whether all of a pool's connections are held by requests and not by a test."""
        if not isinstance(pool, QueuePool) or pool.size() <= 0 or pool._max_overflow < 0:
            return False
        limit = pool.size() + pool._max_overflow
        return pool.checkedout() >= limit and len(self._held[number]) >= limit
