"""`with_postgres.py` as a program: what the command gets, what it answers, what is left behind."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest

import with_postgres
from async_db.servers import ThrowawayPostgres

SCRIPT = Path(with_postgres.__file__)
QUERY = """
import asyncio, json, os, asyncpg

async def main():
    connection = await asyncpg.connect(os.environ["DATABASE_URL"])
    database = await connection.fetchval("select current_database()")
    await connection.close()
    print(json.dumps({**os.environ, "database": database}))

asyncio.run(main())
raise SystemExit(7)
"""


def call(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603
        [sys.executable, str(SCRIPT), *arguments],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_call_without_a_command_is_refused(tmp_path: Path) -> None:
    done = call("--driver", "asyncpg", cwd=tmp_path)
    assert done.returncode == 2
    assert "name the command to run" in done.stderr.splitlines()[-1]


@pytest.mark.postgres
def test_the_command_reaches_an_empty_database_from_any_folder(tmp_path: Path) -> None:
    done = call("--variable", "APP_DB", "--", sys.executable, "-c", QUERY, cwd=tmp_path)

    assert done.returncode == 7, done.stderr
    seen = json.loads(done.stdout)
    assert seen["database"] == "service"
    assert seen["APP_DB"] == seen["DATABASE_URL"] == seen["TEST_DATABASE_URL"]
    assert not Path(seen["PGHOST"]).exists()


def test_a_driver_is_named_in_the_urls(tmp_path: Path) -> None:
    server = ThrowawayPostgres(tmp_path / "psql", "/sockets", 5432, "18.4")

    variables = with_postgres.connection_variables(server, "asyncpg", ["APP_DB"])

    assert variables["APP_DB"] == "postgresql+asyncpg://postgres@/service?host=/sockets"
    assert variables["PGHOST"] == "/sockets"


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ([sys.executable, "-c", "raise SystemExit(7)"], 7),
        ([sys.executable, "-c", "import os; os.abort()"], 128 + signal.SIGABRT),
        (["no-such-command-anywhere"], 127),
    ],
)
def test_the_exit_code_is_the_commands(command: list[str], code: int) -> None:
    assert with_postgres.run(command, os.environ) == code


@contextmanager
def started(
    cwd: Path, **environment: str
) -> Iterator[tuple["subprocess.Popen[str]", psutil.Process, Path]]:
    """Run a command that waits; give the call, its server, and that one's folder."""
    tell = "import os, time; print(os.environ['PGHOST'], flush=True); time.sleep(600)"
    with subprocess.Popen(  # noqa: S603
        [sys.executable, str(SCRIPT), "--", sys.executable, "-c", tell],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=cwd,
        env={**os.environ, **environment},
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        folder = Path(process.stdout.readline().strip())
        server = psutil.Process(int((folder / "postmaster.pid").read_text().splitlines()[0]))
        try:
            yield process, server, folder
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def has_ended(process: psutil.Process) -> bool:
    # An orphan that has ended stays a zombie where no init process collects it.
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


@pytest.mark.postgres
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_the_command_and_then_the_server(number: int, tmp_path: Path) -> None:
    with started(tmp_path) as (process, server, folder):
        os.killpg(process.pid, number)  # as a terminal does: the whole group
        assert process.wait(60) == 128 + number
    assert not folder.exists()
    assert has_ended(server)


@pytest.mark.postgres
def test_a_hang_up_that_is_to_be_ignored_is(tmp_path: Path) -> None:
    ignoring = ["nohup", sys.executable, str(SCRIPT), "--", sys.executable, "-c"]
    hang_up = "import os, signal; os.kill(os.getppid(), signal.SIGHUP); raise SystemExit(7)"
    done = subprocess.run([*ignoring, hang_up], cwd=tmp_path, capture_output=True, check=False)  # noqa: S603
    assert done.returncode == 7, done.stderr


@pytest.mark.postgres
def test_a_server_that_a_killed_call_left_is_ended_by_the_next(tmp_path: Path, apart: Path) -> None:
    with started(tmp_path, TMPDIR=str(apart)) as (process, server, folder):
        process.kill()
        process.wait()
        assert server.is_running()
        assert folder.exists()

        done = call(
            "--", sys.executable, "-c", "raise SystemExit(7)", cwd=tmp_path, TMPDIR=str(apart)
        )

        assert done.returncode == 7, done.stderr
        assert not folder.parent.exists()
        assert has_ended(server)
