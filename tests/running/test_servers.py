"""A server that starts processes of its own is watched whole: its workers, and what it reloads."""

import json
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from helpers.observing import PLUGIN

OBSERVE = PLUGIN.parent / "observe.py"
START_SECONDS = 60
REQUESTS = 40
PORT = "{port}"
APP = """
import os
from sqlalchemy import StaticPool, create_engine, text
from sqlalchemy.orm import Session
from fastapi import FastAPI
from starlette.responses import PlainTextResponse
from starlette.routing import Route

engine = create_engine("sqlite://", poolclass=StaticPool)
with engine.begin() as connection:
    connection.execute(text("create table rows (id int)"))


async def forget(request):
    with Session(engine) as session:
        session.execute(text("insert into rows values (1)"))  # forgotten
    return PlainTextResponse(str(os.getpid()))


app = FastAPI(routes=[Route("/", forget)])
"""


@pytest.mark.parametrize("options", [("--workers", "2"), ("--reload",)], ids=" ".join)
def test_all_processes_of_a_server_are_told_as_one(
    tmp_path: Path, options: tuple[str, ...]
) -> None:
    server = ("-m", "uvicorn", "app:app", "--log-level=critical", "--port", PORT, *options)
    _serve_and_judge(tmp_path, (sys.executable,), (sys.executable, *server))


@pytest.mark.network
@pytest.mark.exhaustive
@pytest.mark.parametrize(
    ("installed", "server"),
    [
        (
            ("gunicorn", "uvicorn-worker", "sqlalchemy", "fastapi"),
            (
                "gunicorn",
                "-k",
                "uvicorn_worker.UvicornWorker",
                "-w2",
                f"-b127.0.0.1:{PORT}",
                "app:app",
            ),
        ),
        (("fastapi[standard]", "sqlalchemy"), ("fastapi", "run", "--port", PORT)),
    ],
    ids=["gunicorn", "fastapi run"],
)
def test_so_are_those_of_other_servers(
    tmp_path: Path, installed: tuple[str, ...], server: tuple[str, ...]
) -> None:
    with_ = [argument for name in installed for argument in ("--with", name)]
    environment = ("uv", "run", "--quiet", "--no-project", "--isolated", "--python", "3.11", *with_)
    _serve_and_judge(tmp_path, (*environment, "python"), server)


def _serve_and_judge(folder: Path, python: tuple[str, ...], server: tuple[str, ...]) -> None:
    """Serve some requests with what the server's processes do watched, and look what is told."""
    (folder / "app.py").write_text(APP)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    watching = (str(OBSERVE), "--format=json", "--fail-on=proven", "--")
    process = subprocess.Popen(  # noqa: S603 (our own command)
        [*python, *watching, *(word.replace(PORT, str(port)) for word in server)],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        _wait_for(process, port)
        served_by = {_get(port) for _ in range(REQUESTS)}
    finally:
        process.send_signal(signal.SIGTERM)
        told, said = process.communicate()

    assert process.returncode == 1, said
    report = json.loads(told[told.index("{") :])  # the server has written there, too
    assert report["requests"] == REQUESTS + 1
    (forgotten,) = (
        each for each in report["findings"] if each["rule"] == "session/commit-before-response"
    )
    assert (forgotten["path"], forgotten["requests"]) == ("app.py", REQUESTS + 1)
    assert str(process.pid) not in served_by


def _get(port: int) -> str:
    with urlopen(f"http://127.0.0.1:{port}/", timeout=30) as answer:
        return str(answer.read().decode())


def _wait_for(process: "subprocess.Popen[str]", port: int) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            _get(port)
        except URLError:
            time.sleep(0.05)  # it starts; nothing tells when it has
        else:
            return
    raise AssertionError("the server did not start")
