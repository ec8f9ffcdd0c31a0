"""The tests that come with a rendered project pass, whatever was chosen."""

import fcntl
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from urllib.parse import parse_qs, urlsplit

import psutil
import pytest

from async_db import servers
from async_db.servers import short_temporary_folder
from helpers.chosen_renderings import Chosen
from helpers.houses import run_code
from helpers.rendered import LONG, rendered, run, run_its_tests, run_its_tests_on_sqlite, written


def test_they_make_their_own_file_on_sqlite(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = written(tmp_path / "project", database="sqlite")
    # What a developer has for himself: with it the service would not even start.
    (project / ".env").write_text("DATABASE_POOL_SIZE=none\n")
    monkeypatch.setenv("LOG_LEVEL", "none")
    run_its_tests(project, url="")


def test_a_revision_is_formatted_without_a_path(tmp_path: Path) -> None:
    project = written(tmp_path / "project", database="sqlite")
    environment = {"DATABASE_URL": "sqlite:///own.db", "PATH": ""}
    run(project, "alembic", "upgrade", "head", **environment)
    run(project, "alembic", "revision", "--autogenerate", "-m", "next", **environment)
    assert list(project.glob("migrations/versions/*_next.py"))


def test_they_pass(tmp_path: Path, chosen_to_run: Chosen, request: pytest.FixtureRequest) -> None:
    project = written(tmp_path / "project", **chosen_to_run.options)
    if chosen_to_run.server == "sqlite":
        run_its_tests_on_sqlite(project)
    else:
        new_database: Callable[[], str] = request.getfixturevalue("new_database")
        run_its_tests(project, new_database())


@pytest.mark.exhaustive
@pytest.mark.postgres
def test_they_start_their_own_postgresql(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The wheel's lock file, which is one for all users of the machine: somebody else has it.
    folder = tmp_path / "python_PostgresServer"
    folder.mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    with (folder / ".lockfile").open("wb") as lock:
        fcntl.lockf(lock, fcntl.LOCK_EX)
        project = written(tmp_path / "project", database="both", **LONG)
        run_its_tests(project, url="")


@pytest.mark.parametrize("name", ["cluster", "owned_folders"])
def test_the_server_is_started_as_ours_is(name: str) -> None:
    ours = Path(servers.__file__).with_name(f"{name}.py").read_text()
    assert rendered(database="both")[PurePosixPath(f"tests/fixtures/{name}.py")] == ours


@pytest.mark.postgres
def test_a_killed_run_leaves_a_server_to_the_next(tmp_path: Path) -> None:
    project = written(tmp_path / "project", database="both")
    folder = short_temporary_folder()
    code = (
        "import os, signal\nfrom tests.fixtures.postgresql_server import throwaway_postgresql\n"
        "with throwaway_postgresql() as url:\n    print(url, flush=True)\n{}"
    )
    kill, leave = "    os.kill(os.getpid(), signal.SIGKILL)\n", "    pass\n"
    killed = subprocess.run(  # noqa: S603 (our own interpreter, arguments as a list)
        [sys.executable, "-c", code.format(kill)], cwd=project, capture_output=True, check=False
    )
    assert killed.returncode == -signal.SIGKILL
    data = Path(parse_qs(urlsplit(killed.stdout.decode().strip()).query)["host"][0])
    assert data.is_relative_to(folder)
    assert (data / "postmaster.pid").exists()
    process = psutil.Process(int((data / "postmaster.pid").read_text().splitlines()[0]))
    run_code(project, code.format(leave))
    assert not process.is_running()
    assert not data.exists()
