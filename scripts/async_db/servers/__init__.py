"""Real database servers that live as long as a `with` block, and programs that a machine may lack."""

from async_db.servers.pgbouncer import PgBouncerError, find_pgbouncer, throwaway_pgbouncer
from async_db.servers.postgres import (
    PostgresError,
    ThrowawayPostgres,
    short_temporary_folder,
    throwaway_postgres,
)
from async_db.servers.programs import CHROMIUM, GIT, HIDDEN, NOT_RUN, PGBOUNCER, Program

__all__ = [
    "CHROMIUM",
    "GIT",
    "HIDDEN",
    "NOT_RUN",
    "PGBOUNCER",
    "PgBouncerError",
    "PostgresError",
    "Program",
    "ThrowawayPostgres",
    "find_pgbouncer",
    "short_temporary_folder",
    "throwaway_pgbouncer",
    "throwaway_postgres",
]
