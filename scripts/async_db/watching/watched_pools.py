"""The pools that a service uses: their sizes, and which connections requests hold."""

from __future__ import annotations

from weakref import ref

from sqlalchemy.pool import Pool, QueuePool

from ..traces import Event
from .source_locations import is_test


class WatchedPools:
    """Knows limited pools by their numbers, as long as there is each; it keeps none alive."""

    def __init__(self) -> None:
        self._pools: dict[int, ref[Pool]] = {}
        self._held: dict[int, set[int]] = {}

    def size(self, pool: Pool, number: int) -> int | None:
        """Give a pool's size, without overflow, if it is limited, and know it from now on."""
        if not isinstance(pool, QueuePool):
            return None
        if number not in self._pools:
            self._held[number] = set()
            self._pools[number] = ref(pool, lambda _: self._forget(number))
        return pool.size()

    def _forget(self, number: int) -> None:
        self._pools.pop(number, None)
        self._held.pop(number, None)

    def note_event(self, event: Event) -> None:
        """Note a connection that a request, and not a test, has taken or given back."""
        if event.kind != "checkout":
            self.give_back(event.pool, event.connection)
        elif event.request is not None and not is_test(event.source):
            self.take(event.pool, event.connection)

    def take(self, pool: int | None, connection: int | None) -> None:
        """Note a connection that a request has taken, by its number and its pool's."""
        held = self._held.get(pool or 0)
        if held is not None:
            held.add(connection or 0)

    def give_back(self, pool: int | None, connection: int | None) -> None:
        """Note a connection that is given back or closed."""
        held = self._held.get(pool or 0)
        if held is not None:
            held.discard(connection or 0)

    def exhausted(self, pool: Pool, number: int) -> bool:
        """Say whether all of a pool's connections are held by requests and not by a test."""
        if not isinstance(pool, QueuePool) or pool.size() <= 0 or pool._max_overflow < 0:
            return False
        limit = pool.size() + pool._max_overflow
        return pool.checkedout() >= limit and len(self._held.get(number, ())) >= limit
