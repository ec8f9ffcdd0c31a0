"""Arguments that the pool refuses, and a pool whose one connection all requests share."""

from __future__ import annotations

from collections.abc import Iterator

from async_db.auditing.detectors.registry import detects
from async_db.auditing.service import Service, keyword
from async_db.findings import Finding
from async_db.target import LibraryObject

RULE = "pooling/sqlite-pools"
_SIZES = ("pool_size", "max_overflow", "pool_timeout")


@detects(RULE)
def wrong_pools(service: Service) -> Iterator[Finding]:
    """Find pool classes with arguments that are not theirs, QueuePool for async, StaticPool."""
    for call, is_async in service.engine_calls:
        pool = keyword(call.node, "poolclass")
        of = service.types.of(pool, call.scope) if pool is not None else None
        name = of.name.rpartition(".")[2] if isinstance(of, LibraryObject) else ""
        sizes = [each for each in _SIZES if keyword(call.node, each) is not None]
        if name in ("NullPool", "StaticPool") and sizes:
            yield service.finding(
                RULE,
                "proven",
                call,
                f"{name} takes no {sizes[0]}: TypeError",
                "leave the sizes out, or the pool class",
            )
        elif name == "QueuePool" and is_async:
            yield service.finding(
                RULE,
                "proven",
                call,
                "QueuePool does not work with an async engine: ArgumentError",
                "leave it out, or AsyncAdaptedQueuePool",
            )
        elif name == "StaticPool":
            yield service.finding(
                RULE,
                "suspected",
                call,
                "all requests share StaticPool's one connection, and with it one transaction",
                "leave the pool to SQLAlchemy; StaticPool is for a database in memory, in tests",
            )
