"""`with_postgres.py` as a program: what the command gets, what it answers, what is left behind."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

import with_postgres

SCRIPT = Path(with_postgres.__file__)
SHOW_ENVIRONMENT = "import json, os; print(json.dumps(dict(os.environ)))"
QUERY = """
import asyncio, os, asyncpg

async def main():
    connection = await asyncpg.connect(os.environ["DATABASE_URL"])
    print(await connection.fetchval("select current_database()"))
    await connection.close()

asyncio.run(main())
"""


def call(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPT), *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)  # noqa: S603


def test_a_call_without_a_command_is_refused(tmp_path: Path) -> None:
    done = call("--driver", "asyncpg", cwd=tmp_path)
    assert done.returncode == 2
    assert "name the command to run" in done.stderr.splitlines()[-1]


@pytest.mark.postgres
def test_the_command_reaches_an_empty_database_from_any_folder(tmp_path: Path) -> None:
    done = call("--", sys.executable, "-c", QUERY, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "service\n"), done.stderr


@pytest.mark.postgres
def test_variables_and_driver_are_as_asked_for(tmp_path: Path) -> None:
    extra = ("--driver", "asyncpg", "--variable", "APP_DB")
    done = call(*extra, sys.executable, "-c", SHOW_ENVIRONMENT, cwd=tmp_path)

    seen = json.loads(done.stdout)
    assert seen["APP_DB"].startswith("postgresql+asyncpg://postgres@/service?host=")
    assert seen["APP_DB"] == seen["DATABASE_URL"] == seen["TEST_DATABASE_URL"]
    assert seen["PGHOST"] in seen["APP_DB"]
    assert not Path(seen["PGHOST"]).exists()


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("command", "code"),
    [
        ([sys.executable, "-c", "raise SystemExit(7)"], 7),
        ([sys.executable, "-c", "import os; os.abort()"], 128 + signal.SIGABRT),
        (["no-such-command-anywhere"], 127),
    ],
)
def test_the_exit_code_is_the_commands(command: list[str], code: int, tmp_path: Path) -> None:
    assert call("--", *command, cwd=tmp_path).returncode == code


@pytest.mark.postgres
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_command_and_then_the_server(number: int, tmp_path: Path) -> None:
    tell = "import os, time; print(os.environ['PGHOST'], flush=True); time.sleep(600)"
    with subprocess.Popen(  # noqa: S603
        [sys.executable, str(SCRIPT), "--", sys.executable, "-c", tell],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=tmp_path,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        folder = Path(process.stdout.readline().strip())
        server = psutil.Process(int((folder / "postmaster.pid").read_text().splitlines()[0]))
        os.killpg(process.pid, number)  # as a terminal does: the whole group
    assert process.returncode == 128 + number
    assert not folder.exists()
    # An orphan that has ended stays a zombie where no init process collects it.
    assert not server.is_running() or server.status() == psutil.STATUS_ZOMBIE
