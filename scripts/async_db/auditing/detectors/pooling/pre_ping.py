"""A pool that hands out connections which the server has closed."""

from __future__ import annotations

from collections.abc import Iterator

from async_db.auditing.detectors.registry import detects
from async_db.auditing.service import Service, keyword, passes_more
from async_db.findings import Finding
from async_db.target import LibraryObject

RULE = "pooling/pre-ping"
_DRIVERS = ("asyncpg", "psycopg", "psycopg2", "psycopg2-binary", "aiomysql", "asyncmy", "pymysql")


@detects(RULE, hidden="the scaffold passes its pool's arguments by `**`, which hides them")
def no_pre_ping(service: Service) -> Iterator[Finding]:
    """Find engines without `pool_pre_ping`, in a service that has a driver of a database server."""
    if not any(name in service.project.releases for name in _DRIVERS):
        return
    for call, _ in service.engine_calls:
        pool = keyword(call.node, "poolclass")
        of = service.types.of(pool, call.scope) if pool is not None else None
        keeps_none = isinstance(of, LibraryObject) and of.name.endswith(
            (".NullPool", ".StaticPool")
        )
        if "check_same_thread" in call.scope.module.source(call.node):
            continue  # SQLite's alone: there is no server that could close it
        if passes_more(call.node) or keyword(call.node, "pool_pre_ping") is not None or keeps_none:
            continue
        yield service.finding(
            RULE,
            "review",
            call,
            "after a restart of the database, a request for each connection of the pool may fail",
            "pool_pre_ping=True",
        )
