"""Real database servers, and a network to them that fails, for the length of a `with` block; programs
that a machine may lack."""

from async_db.servers.cluster import PostgresError, short_temporary_folder
from async_db.servers.network import Condition, Moment, Network, throwaway_network
from async_db.servers.owned_folders import owned_folder
from async_db.servers.pgbouncer import PgBouncerError, find_pgbouncer, throwaway_pgbouncer
from async_db.servers.postgres import ThrowawayPostgres, throwaway_postgres
from async_db.servers.programs import CHROMIUM, GIT, HIDDEN, NOT_RUN, PGBOUNCER, Program

__all__ = [
    "CHROMIUM",
    "GIT",
    "HIDDEN",
    "NOT_RUN",
    "PGBOUNCER",
    "Condition",
    "Moment",
    "Network",
    "PgBouncerError",
    "PostgresError",
    "Program",
    "ThrowawayPostgres",
    "find_pgbouncer",
    "owned_folder",
    "short_temporary_folder",
    "throwaway_network",
    "throwaway_pgbouncer",
    "throwaway_postgres",
]
