"""Alembic's environment on a sync engine, in a service whose driver is async."""

from __future__ import annotations

from collections.abc import Iterator

from async_db.auditing.detectors.registry import detects
from async_db.auditing.service import Service
from async_db.findings import Finding

RULE = "migrating/alembic-async-env"
_SYNC_DRIVERS = ("psycopg", "psycopg2", "psycopg2-binary", "pymysql", "mysqlclient")


@detects(RULE)
def sync_environment(service: Service) -> Iterator[Finding]:
    """Find a sync engine in `env.py` where the service has async engines alone, and no such driver."""
    if not any(is_async for _, is_async in service.engine_calls):
        return
    if any(not is_async for _, is_async in service.engine_calls):
        return
    for module in service.environments:
        for call in module.all_calls:
            name = service.library_name(call)
            if name in ("sqlalchemy.create_engine", "sqlalchemy.engine_from_config"):
                has_driver = any(each in service.project.releases for each in _SYNC_DRIVERS)
                yield service.finding(
                    RULE,
                    "review" if has_driver else "suspected",
                    call,
                    "migrations run on a sync engine, and the service's URL names an async driver",
                    "`async with engine.connect() as connection: await connection.run_sync(migrate)`",
                )
