"""Real database servers that live as long as a `with` block."""

from async_db.servers.pgbouncer import PgBouncerError, find_pgbouncer, throwaway_pgbouncer
from async_db.servers.postgres import (
    PostgresError,
    ThrowawayPostgres,
    short_temporary_folder,
    throwaway_postgres,
)

__all__ = [
    "PgBouncerError",
    "PostgresError",
    "ThrowawayPostgres",
    "find_pgbouncer",
    "short_temporary_folder",
    "throwaway_pgbouncer",
    "throwaway_postgres",
]
