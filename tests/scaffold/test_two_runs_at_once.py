"""The tests of a rendered project run twice at the same time, each on a PostgreSQL of its own."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from async_db.servers import short_temporary_folder
from helpers.rendered import written

SECONDS = 120.0
NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
# This environment may be root's, which nobody else reads. To read it is all that is added.
READS_ALL = ("--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search")

MEETING = """\
import os
import socket

from sqlalchemy import text

from app.database.engine import Database


async def test_a_server_runs_beside_another(real_database: Database) -> None:
    with socket.create_connection(("127.0.0.1", int(os.environ["MEETING"]))) as meeting:
        assert meeting.recv(1) == b"."
    async with real_database.engine.connect() as connection:
        assert await connection.scalar(text("select 1")) == 1
"""
"""A test that says when its server runs, and goes on when it is told that the other one does."""


@pytest.fixture
def temporary() -> Iterator[Path]:
    """Make a folder for temporary files that is everybody's, as `/tmp` is."""
    folder = Path(tempfile.mkdtemp(prefix="at-once-", dir=short_temporary_folder()))
    folder.chmod(0o1777)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def meeting() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(SECONDS)
        yield listening


def may_be_nobody() -> bool:
    if shutil.which("setpriv") is None or os.geteuid() != 0:
        return False
    return subprocess.run([*NOBODY, *READS_ALL, "true"], check=False).returncode == 0  # noqa: S603 (our own words)


def its_tests(project: Path, user: tuple[str, ...], **environment: str) -> "subprocess.Popen[str]":
    """Start a few tests of a project, the one above first."""
    tests = ("tests/test_meeting.py", "tests/test_postgresql.py", "-k", "beside_another or limits")
    own = {"PYTHONDONTWRITEBYTECODE": "1", "TEST_DATABASE_URL": ""}
    return subprocess.Popen(  # noqa: S603 (our own interpreter, arguments as a list)
        [*user, sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests],
        cwd=project,
        env={**os.environ, **own, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.mark.exhaustive
@pytest.mark.postgres
@pytest.mark.parametrize("other", [(), (*NOBODY, *READS_ALL)], ids=["same-user", "another-user"])
def test_each_run_has_its_own_server(
    tmp_path: Path, temporary: Path, meeting: socket.socket, other: tuple[str, ...]
) -> None:
    if other and not may_be_nobody():
        pytest.skip("only root may run something as somebody else, with setpriv")
    project = written(tmp_path / "project", database="postgresql", package="app")
    (project / "tests/test_meeting.py").write_text(MEETING)
    port = meeting.getsockname()[1]
    runs: list[subprocess.Popen[str]] = []
    met: list[socket.socket] = []
    try:
        for user in ((), other):
            runs.append(its_tests(project, user, MEETING=str(port), TMPDIR=str(temporary)))
            # The first server runs when the second is started.
            met.append(meeting.accept()[0])
        servers = list(temporary.glob("tests-pg-*"))
        owners = {folder.stat().st_uid for folder in servers}
        for each in met:
            each.sendall(b".")
        said = [run.communicate(timeout=SECONDS)[0] for run in runs]
    finally:
        for each in met:
            each.close()
        for run in runs:
            run.kill()
    assert [run.returncode for run in runs] == [0, 0], said
    assert all(" passed" in text and "skipped" not in text for text in said), said
    assert (len(servers), len(owners)) == (2, 2 if other else 1)
    assert not list(temporary.iterdir())
    assert not [
        process
        for process in psutil.process_iter(["cmdline"])
        if any(str(temporary) in word for word in process.info["cmdline"] or ())
    ]
