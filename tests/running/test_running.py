"""`observe.py -- COMMAND` and `observe.py --notes`: what is watched, what is told, how it ends."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from helpers.observing import PLUGIN

OBSERVE = PLUGIN.parent / "observe.py"
# It serves itself some requests, as a server would, and ends in a way that is asked for.
APP = """
import asyncio, os, signal, sys
from sqlalchemy import StaticPool, create_engine, text
from sqlalchemy.orm import Session
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

engine = create_engine("sqlite://", poolclass=StaticPool)


async def forget(request):
    with Session(engine) as session:
        session.execute(text("insert into rows values (1)"))  # forgotten
    return PlainTextResponse("stored")


def make(*middleware):
    app = Starlette(routes=[Route("/", forget)])
    for each, options in middleware:
        app.add_middleware(each, **options)
    return app


async def receive():
    return {"type": "http.request", "body": b"", "more_body": False}


async def send(message):
    pass


async def serve(app, requests):
    scope = {"type": "http", "method": "GET", "path": "/", "headers": [], "query_string": b""}
    for _ in range(requests):
        await app(dict(scope), receive, send)


def run(app, requests):
    with engine.begin() as connection:
        connection.execute(text("create table if not exists rows (id int)"))
    asyncio.run(serve(app, requests))


if __name__ == "__main__":
    run(make(), int(sys.argv[1]))
    ENDING
"""
FORGOTTEN = ("session/commit-before-response", "app.py")


def call(folder: Path, *arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(  # noqa: S603 (our own command)
        [sys.executable, str(OBSERVE), *arguments],
        cwd=folder,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def write_app(folder: Path, ending: str = "") -> tuple[str, ...]:
    """Write the app, and give the command that serves five requests by it."""
    (folder / "app.py").write_text(APP.replace("ENDING", ending))
    return ("--", sys.executable, "app.py", "5")


def places(report: str) -> set[tuple[str, str]]:
    return {(each["rule"], each["path"]) for each in json.loads(report)["findings"]}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "name the command to run"),
        (("app.main:create_app", "--", "locust"), "-- uvicorn app.main:create_app, with --factory"),
        (("--", "app.main:app"), "app.main:app is an app and no command"),
        (("--observe-record=r.json", "--", "uvicorn"), "pytest -p async_db_observe"),
        (("--record", "r.json", "--", "uvicorn"), "pytest -p async_db_observe --observe-record"),
    ],
    ids=str,
)
def test_a_call_that_watches_nothing_is_refused(
    tmp_path: Path, arguments: tuple[str, ...], says: str
) -> None:
    done = call(tmp_path, *arguments)
    assert done.returncode == 2
    assert says in " ".join(done.stderr.split())


def test_a_command_that_is_not_there(tmp_path: Path) -> None:
    done = call(tmp_path, "--", "./missing")
    assert (done.returncode, done.stderr) == (
        127,
        "observe: ./missing: No such file or directory\n",
    )


def test_what_is_seen_is_told_in_the_end(tmp_path: Path) -> None:
    done = call(tmp_path, *write_app(tmp_path))
    assert done.returncode == 0
    assert "5 requests watched, findings: " in done.stderr
    assert "app.py:14" in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == ["app.py"]


@pytest.mark.parametrize(
    ("ending", "options", "code"),
    [
        ("raise SystemExit(7)", (), 7),
        ("raise SystemExit(7)", ("--fail-on=proven",), 7),
        ("", ("--fail-on=proven",), 1),
        ("os.kill(os.getpid(), signal.SIGKILL)", ("--fail-on=proven",), 128 + 9),
        # Whoever stops the command by way of `observe` has not made it fail.
        (
            "os.kill(os.getppid(), signal.SIGTERM); signal.pause()",
            ("--fail-on=proven",),
            1,
        ),
        ("os.kill(os.getppid(), signal.SIGTERM); signal.pause()", (), 128 + 15),
    ],
)
def test_how_it_ends(tmp_path: Path, ending: str, options: tuple[str, ...], code: int) -> None:
    done = call(tmp_path, "--format=json", *options, *write_app(tmp_path, ending))
    assert done.returncode == code, done.stderr
    # Even of a process that was killed.
    assert FORGOTTEN in places(done.stdout)


@pytest.mark.parametrize(
    "command",
    [
        ("-c", "print(1)"),
        ("-c", "import sqlalchemy"),
        ("-E", "app.py", "5"),
        ("app.py", "0"),
    ],
    ids=" ".join,
)
def test_blind_is_not_clean(tmp_path: Path, command: tuple[str, ...]) -> None:
    write_app(tmp_path)
    done = call(tmp_path, "--fail-on=proven", "--", sys.executable, *command)
    assert done.returncode == 3, done.stderr
    assert "error: " in done.stderr


def test_all_processes_are_watched_and_told_as_one(tmp_path: Path) -> None:
    write_app(tmp_path)
    forking = "import os, app; pid = os.fork(); app.run(app.make(), 2 if pid else 3); "
    command = f"{forking} pid and os.waitpid(pid, 0)"
    shell = f"{sys.executable} app.py 5; {sys.executable} -c '{command}'"

    done = call(tmp_path, "--", "sh", "-c", shell)

    assert done.returncode == 0
    assert "10 requests watched" in done.stderr
    assert "10 requests on GET /" in done.stderr  # of which each process tells three


def test_so_far_is_told_on_demand(tmp_path: Path) -> None:
    asking = (
        "os.kill(os.getppid(), signal.SIGUSR1)\n"
        "    while not os.path.exists('out.html'): pass\n"
        "    run(make(), 5)"
    )
    done = call(tmp_path, "--html=out.html", *write_app(tmp_path, asking))
    assert done.returncode == 0
    assert "5 requests watched" in done.stderr
    assert "10 requests watched" in done.stderr
    assert (tmp_path / "out.html").read_text("utf-8").count("<svg") >= 1


def test_the_environments_own_hook_is_loaded_and_nothing_is_hidden(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site/sitecustomize.py").write_text("import builtins\nbuiltins.loaded = 1\n")
    write_app(tmp_path, "import sitecustomize; print(loaded, sitecustomize.__file__, *sys.path)")
    path = str(tmp_path / "site")

    done = call(tmp_path, "--", sys.executable, "app.py", "5", PYTHONPATH=path)

    loaded, file, *entries = done.stdout.split()
    assert (loaded, file) == ("1", f"{path}/sitecustomize.py"), done.stderr
    assert not [entry for entry in entries if Path(entry).is_relative_to(PLUGIN.parent)]
    assert "5 requests watched" in done.stderr


def test_a_line_of_middleware_notes_the_same(tmp_path: Path) -> None:
    write_app(tmp_path)
    (tmp_path / "main.py").write_text(
        "import app\n"
        "from async_db_observe_middleware import ObserveMiddleware\n"
        "app.run(app.make((ObserveMiddleware, {'notes': 'observed'})), 5)\n"
    )
    subprocess.run(
        [sys.executable, "main.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(PLUGIN)},
        check=True,
    )

    done = call(tmp_path, "--notes=observed", "--format=json", "--html=out.html")

    assert FORGOTTEN in places(done.stdout)
    assert "engines that were made before it were not judged" in done.stdout
    assert "<svg" in (tmp_path / "out.html").read_text("utf-8")


def test_the_notes_of_two_runs_are_kept_apart(tmp_path: Path) -> None:
    command = write_app(tmp_path)
    assert call(tmp_path, "--notes=kept", *command).returncode == 0
    again = call(tmp_path, "--notes=kept", *command)
    assert again.returncode == 2
    assert "kept is not empty" in again.stderr
    assert "5 requests watched" in call(tmp_path, "--notes=kept").stderr


def test_a_process_that_cannot_be_watched_says_so_and_serves(tmp_path: Path) -> None:
    write_app(tmp_path)
    (tmp_path / "broken.py").write_text(
        "import sys\nsys.modules['async_db_observe_pack.watching'] = None\n"
        "import app; app.run(app.make(), 5); print('served')\n"
    )
    done = call(tmp_path, "--fail-on=proven", "--", sys.executable, "broken.py")
    assert (done.returncode, done.stdout) == (3, "served\n"), done.stderr
    assert "observe gave up: ModuleNotFoundError" in done.stderr


TESTS = """
import asyncio

import pytest

import app, engines


@pytest.mark.parametrize("number", [1, 2])
def test_one(number):
    with engines.make().connect(), engines.make().connect():
        app.run(app.make(), 1)
"""


def write_tests(folder: Path) -> None:
    """Write tests that make more engines by the service's function than a service may."""
    write_app(folder)
    making = "from sqlalchemy import create_engine\n\n\ndef make():\n"
    (folder / "engines.py").write_text(f'{making}    return create_engine("sqlite:///tests.db")\n')
    (folder / "test_app.py").write_text(TESTS)


def test_tests_are_told_apart_from_what_they_test(tmp_path: Path) -> None:
    write_tests(tmp_path)
    pytest_ = ("--", sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider")
    done = call(tmp_path, "--format=json", "--output=told.json", *pytest_)
    assert done.returncode == 0, done.stdout + done.stderr
    found = places((tmp_path / "told.json").read_text())
    assert FORGOTTEN in found
    assert {path for _, path in found} == {"app.py"}


def test_a_process_that_the_plugin_watches_is_left_to_it(tmp_path: Path) -> None:
    write_tests(tmp_path)
    pytest_ = ("--", sys.executable, "-m", "pytest", "-q", "-p", "async_db_observe")
    done = call(tmp_path, "--fail-on=proven", *pytest_, PYTHONPATH=str(PLUGIN))
    assert done.returncode == 3
    assert "2 requests watched, findings: " in done.stdout
    assert "left a process to the pytest plugin" in " ".join(done.stderr.split())
