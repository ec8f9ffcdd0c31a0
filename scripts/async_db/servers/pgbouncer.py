"""A PgBouncer in front of a throw-away server, for the length of a `with` block.

It is the one installed on this machine, if there is one. It listens on a Unix socket in a private
folder, and runs as the user who owns the server's socket: as root it refuses to run.
"""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

from async_db.servers.cluster import short_temporary_folder
from async_db.servers.owned_folders import owned_folder
from async_db.servers.programs import PGBOUNCER

_PORT = 5432  # as the server's own, so that the URLs differ in nothing but the folder
_START_SECONDS = 20.0
_POLL_SECONDS = 0.01


class PgBouncerError(Exception):
    """It is not installed, or could not be started; the message is one line."""


def find_pgbouncer() -> str | None:
    """Give the path of the installed program, if there is one that can be used here."""
    return None if sys.platform == "win32" else PGBOUNCER.find()


@contextmanager
def throwaway_pgbouncer(database_url: str, settings: Mapping[str, object]) -> Iterator[str]:
    """Run a PgBouncer in front of a database for the length of the block.

    Args:
        database_url: the libpq-style URL of a database on a Unix socket, as
            `ThrowawayPostgres.url` gives it.
        settings: what its configuration says besides where it listens, such as `pool_mode`.

    Yields:
        The URL of the same database through it.

    Raises:
        PgBouncerError: it is not installed, or could not be started.
    """
    program = find_pgbouncer()
    if program is None:
        raise PgBouncerError(PGBOUNCER.missing)
    # Later releases translate the names of prepared statements, from 1.24 on without being told.
    if _release(program) >= (1, 21):
        settings = {"max_prepared_statements": 0, **settings}
    url = urlsplit(database_url)
    database = url.path.removeprefix("/")
    server = parse_qs(url.query)["host"][0]
    with owned_folder("verify-pgb", short_temporary_folder()) as outer:
        owner = Path(server).stat()
        outer.chmod(0o711)  # its user may not be the one who asks
        folder = outer / "run"
        folder.mkdir(mode=0o700)
        target = f"host={server} port={_PORT} user={url.username} dbname={database}"
        configuration = _configuration(folder, database, target, settings)
        os.chown(folder, owner.st_uid, owner.st_gid)
        with _running([program, "-q", str(configuration)], owner) as process:
            _wait_for(folder, process)
            yield f"postgresql://{url.username}@/{database}?host={quote(str(folder), safe='/')}"


def _release(program: str) -> tuple[int, ...]:
    """Ask the program for its release; it says ``PgBouncer 1.18.0`` in the first line."""
    command = [program, "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    found = re.search(r"PgBouncer (\d+)\.(\d+)", done.stdout)
    if found is None:
        raise PgBouncerError(f"{program} does not tell its version")
    return int(found[1]), int(found[2])


@contextmanager
def _running(command: list[str], owner: os.stat_result) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program as a certain user, which is nothing special for who is that user already."""
    other = os.geteuid() != owner.st_uid
    with subprocess.Popen(  # noqa: S603 - an installed program, arguments as a list
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        user=owner.st_uid if other else None,
        group=owner.st_gid if other else None,
        extra_groups=[] if other else None,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def _configuration(
    folder: Path, database: str, target: str, settings: Mapping[str, object]
) -> Path:
    """Write the configuration: all clients are let in, since nobody else gets to the socket."""
    own = {
        "listen_port": _PORT,
        "unix_socket_dir": folder,
        "auth_type": "any",
        "logfile": folder / "log",
    }
    lines = [f"{name} = {value}" for name, value in (own | dict(settings)).items()]
    path = folder / "pgbouncer.ini"
    text = "\n".join(["[databases]", f"{database} = {target}", "[pgbouncer]", *lines, ""])
    path.write_text(text, encoding="utf-8")
    path.chmod(0o644)
    return path


def _wait_for(folder: Path, process: subprocess.Popen[bytes]) -> None:
    """Wait until it takes connections."""
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with socket.socket(socket.AF_UNIX) as client:
                client.connect(str(folder / f".s.PGSQL.{_PORT}"))
        except OSError:
            time.sleep(_POLL_SECONDS)
        else:
            return
    log = folder / "log"
    lines = log.read_text("utf-8", "replace").splitlines() if log.exists() else []
    errors = [line for line in lines if " ERROR " in line or " FATAL " in line]
    raise PgBouncerError(errors[0] if errors else "pgbouncer takes no connections")
