import asyncio
import os
import shutil
import sys
from asyncio import StreamReader, StreamWriter
from pathlib import Path

import pytest

WORKERS = ("gw0", "gw1")

TEST = """
import os
import socket
from collections.abc import Iterator

import pytest
from sqlalchemy import insert, select

from app.database.engine import Database
from app.orders.models import Order
from tests.fixtures.database import database_url, real_database, settings  # what is asked for

WORKER = os.environ["PYTEST_XDIST_WORKER"]


class Steps:
    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection

    def wait(self) -> None:
        assert self.connection.recv(1), "the other worker is gone"

    def done(self) -> None:
        self.connection.sendall(b".")
        self.wait()


@pytest.fixture(scope="session")
def steps() -> Iterator[Steps]:
    with socket.create_connection(("127.0.0.1", PORT)) as connection:
        connection.sendall(WORKER.encode())
        steps = Steps(connection)
        steps.wait()
        yield steps


@pytest.mark.parametrize("number", [0, 1])
async def test_rows(steps: Steps, real_database: Database, number: int) -> None:
    steps.done()
    async with real_database.engine.begin() as connection:
        await connection.execute(insert(Order).values(reference=WORKER))
    steps.done()
    async with real_database.engine.connect() as connection:
        rows = await connection.scalars(select(Order.reference).order_by(Order.reference))
        print("worker", WORKER, "sees", rows.all())
"""


@pytest.mark.rule("testing/database-per-worker")
async def test_workers_do_not_see_each_others_rows(tmp_path: Path) -> None:
    meeting = asyncio.Queue[tuple[str, StreamReader, StreamWriter]]()

    async def met(reader: StreamReader, writer: StreamWriter) -> None:
        await meeting.put(((await reader.readexactly(3)).decode(), reader, writer))

    server = await asyncio.start_server(met, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    # Without the service's conftest: the process that leads the workers need not import the service.
    shutil.copy("pyproject.toml", tmp_path)
    (tmp_path / "test_rows.py").write_text(TEST.replace("PORT", str(port)))
    steps = asyncio.create_task(lead(meeting))
    printed = await run_pytest(tmp_path, "-n", "2", "-rP", ".")
    steps.cancel()
    server.close()

    seen = sorted(line for line in printed.splitlines() if line.startswith("worker "))
    assert len(seen) == len(WORKERS), printed
    observed = "; ".join(seen)
    assert observed == "worker gw0 sees ['gw0']; worker gw1 sees ['gw1']", observed


async def run_pytest(folder: Path, *arguments: str) -> str:
    """Run pytest in a folder, with the plugins that it takes and no others; give what it printed."""
    plugins = ("-p", "xdist", "-p", "asyncio", "-p", "no:cacheprovider")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "pytest", *plugins, *arguments),
        cwd=folder,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    printed, _ = await process.communicate()
    return printed.decode()


async def lead(meeting: "asyncio.Queue[tuple[str, StreamReader, StreamWriter]]") -> None:
    """Let the workers set up one after the other, then both store a row, then both look."""
    met = {}
    for _ in WORKERS:
        name, reader, writer = await meeting.get()
        met[name] = (reader, writer)
    for name in WORKERS:
        reader, writer = met[name]
        writer.write(b".")
        await reader.readexactly(1)
    for _, writer in met.values():
        writer.write(b".")
    for reader, _ in met.values():
        await reader.readexactly(1)
    for _, writer in met.values():
        writer.write(b".")
