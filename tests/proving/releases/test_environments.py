"""Throw-away environments, and what becomes of the programs that run in them."""

import json
import os
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from async_db.proving.children.prover import Interrupted
from async_db.proving.releases.environments import Environment, EnvironmentsError, Programs, find_uv

PROGRAMS = Programs()
FOREIGN = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_output_and_exit_code_are_given(tmp_path: Path) -> None:
    done = PROGRAMS.run(
        python("import os, sys; print(os.getcwd()); print('é', file=sys.stderr); sys.exit(3)"),
        tmp_path,
        {"PYTHONIOENCODING": "utf-8"},
    )

    assert (done.code, done.out, done.error) == (3, f"{tmp_path.resolve()}\n", "é\n")


def test_more_output_than_a_pipe_holds_is_given_whole(tmp_path: Path) -> None:
    code = "import sys; sys.stderr.write('e' * 2_000_000); sys.stdout.write('o' * 2_000_000)"

    done = PROGRAMS.run(python(code), tmp_path)

    assert (done.code, done.out, done.error) == (0, "o" * 2_000_000, "e" * 2_000_000)


def test_output_that_is_no_text_is_given_as_far_as_it_is(tmp_path: Path) -> None:
    done = PROGRAMS.run(python(r"import os; os.write(1, b'a\xffb')"), tmp_path)

    assert done.out == "a\N{REPLACEMENT CHARACTER}b"


@pytest.mark.parametrize(
    ("code", "line"),
    [
        ("import sys; sys.exit('first\\n\\n last \\n ')", "last"),
        ("import sys; print('said'); sys.exit(7)", "ended with code 7"),
        ("import os; os.kill(os.getpid(), 9)", "ended with code -9"),
    ],
)
def test_the_last_line_says_how_it_ended(tmp_path: Path, code: str, line: str) -> None:
    assert PROGRAMS.run(python(code), tmp_path).last_line == line


@pytest.fixture
def typed() -> Iterator[None]:
    """Have a line on this process's own standard input."""
    before = os.dup(0)
    reader, writer = os.pipe()
    os.write(writer, b"typed\n")
    os.dup2(reader, 0)
    yield
    os.dup2(before, 0)
    for descriptor in (before, reader, writer):
        os.close(descriptor)


@pytest.mark.usefixtures("typed")
def test_nothing_is_read_from_the_terminal(tmp_path: Path) -> None:
    assert PROGRAMS.run(python("print(input())"), tmp_path).last_line.startswith("EOFError")


def test_a_program_that_does_not_exist_is_told(tmp_path: Path) -> None:
    program = str(tmp_path / "nowhere")

    with pytest.raises(EnvironmentsError) as caught:
        PROGRAMS.run([program], tmp_path)
    assert str(caught.value) == f"{program}: No such file or directory"


def test_a_folder_that_does_not_exist_is_told_and_not_the_program(tmp_path: Path) -> None:
    folder = tmp_path / "nowhere"

    with pytest.raises(EnvironmentsError) as caught:
        PROGRAMS.run(python(""), folder)
    assert str(caught.value) == f"{folder}: No such file or directory"


def test_other_environments_are_not_passed_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in FOREIGN:
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setenv("KEPT", "here")
    code = "import json, os, sys; json.dump(dict(os.environ), sys.stdout)"

    done = PROGRAMS.run(python(code), tmp_path, {"GIVEN": "too"})

    assert done.code == 0, done.error
    environment = json.loads(done.out)
    assert not environment.keys() & set(FOREIGN)
    assert (environment["KEPT"], environment["GIVEN"]) == ("here", "too")


def test_what_is_given_wins_over_what_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEPT", "there")

    done = PROGRAMS.run(python("import os; print(os.environ['KEPT'])"), tmp_path, {"KEPT": "given"})

    assert done.out == "given\n"


def test_it_tells_how_long_it_waits(tmp_path: Path) -> None:
    told: list[float] = []
    end = tmp_path / "end"

    def waiting(seconds: float) -> None:
        told.append(seconds)
        if len(told) == 3:
            end.touch()

    code = f"import os, time\nwhile not os.path.exists({str(end)!r}): time.sleep(0.01)"
    done = Programs(waiting=waiting).run(python(code), tmp_path)

    assert done.code == 0
    assert told[:3] == sorted(told[:3])
    assert len(set(told[:3])) == 3


STARTS_A_CHILD = """\
import pathlib, subprocess, sys, time
{before}
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
part = pathlib.Path({pids!r} + ".part")
part.write_text(f"{{__import__('os').getpid()}} {{child.pid}}")
part.rename({pids!r})
{after}
"""
CLEANS_UP = "import signal; signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))"
TELLS = "try: time.sleep(600)\nfinally: child.kill(); pathlib.Path('ended').touch()"


def processes(pids: Path) -> list[psutil.Process]:
    return [psutil.Process(int(pid)) for pid in pids.read_text(encoding="utf-8").split()]


@pytest.mark.parametrize(
    ("before", "after", "tells"),
    [("", "time.sleep(600)", False), (CLEANS_UP, TELLS, True)],
    ids=["heedless", "cleaning up"],
)
def test_an_interrupted_program_ends_with_all_that_it_has_started(
    tmp_path: Path, before: str, after: str, tells: bool
) -> None:
    pids = tmp_path / "pids"
    code = STARTS_A_CHILD.format(before=before, after=after, pids=str(pids))
    running: list[psutil.Process] = []

    def interrupted() -> bool:
        if pids.exists():
            running.extend(processes(pids))
        return bool(running)

    with pytest.raises(Interrupted):
        Programs(interrupted).run(python(code), tmp_path)

    _, alive = psutil.wait_procs(running, timeout=10)
    for process in alive:
        process.kill()
    assert len(running) == 2
    assert alive == []
    assert (tmp_path / "ended").exists() is tells


def test_a_program_that_does_not_heed_sigterm_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("async_db.proving.releases.environments._SETTLE_SECONDS", 0.2)
    pids = tmp_path / "pids"
    before = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)"
    code = STARTS_A_CHILD.format(before=before, after="time.sleep(600)", pids=str(pids))

    with pytest.raises(Interrupted):
        Programs(pids.exists).run(python(code), tmp_path)

    _, alive = psutil.wait_procs(still_there(pids), timeout=10)
    for process in alive:
        process.kill()
    assert alive == []


def still_there(pids: Path) -> list[psutil.Process]:
    return [
        psutil.Process(int(pid))
        for pid in pids.read_text(encoding="utf-8").split()
        if psutil.pid_exists(int(pid))
    ]


# Environments.


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_OFFLINE", "1")


def stand_in(folder: Path, script: str) -> str:
    """Give a program to use instead of uv."""
    program = folder / "uv"
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    program.chmod(0o755)
    return str(program)


def test_uv_is_found_where_programs_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = stand_in(tmp_path, "exit 0")
    monkeypatch.setenv("PATH", str(tmp_path))

    assert find_uv() == program


def test_a_missing_uv_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(EnvironmentsError, match=r"^--releases needs uv, .*: pip install uv$"):
        find_uv()


@pytest.mark.usefixtures("offline")
def test_what_cannot_be_installed_is_told_in_one_line(tmp_path: Path) -> None:
    environment = Environment(tmp_path / "some" / "old-fastapi", PROGRAMS)

    with pytest.raises(EnvironmentsError) as caught:
        environment.install(find_uv(), ["no-such-project-as-this==1.0"])

    message = str(caught.value)
    assert message.startswith("old-fastapi: uv pip failed: ")
    assert "no-such-project-as-this" in message
    assert len(message.splitlines()) == 1
    assert len(message) < 600


def test_a_uv_that_says_nothing_is_told_with_its_code(tmp_path: Path) -> None:
    environment = Environment(tmp_path / "latest", PROGRAMS)

    with pytest.raises(EnvironmentsError) as caught:
        environment.install(stand_in(tmp_path, "exit 5"), ["fastapi"])

    assert str(caught.value) == "latest: uv venv failed: ended with code 5"


def own_wheel(folder: Path, name: str, version: str) -> Path:
    """Make a wheel with nothing in it."""
    path = folder / f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr(
            f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        )
        wheel.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{info}/RECORD", "")
    return path


@pytest.mark.usefixtures("offline")
def test_an_environment_has_what_is_installed_in_it_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uv, wheel = find_uv(), str(own_wheel(tmp_path, "Pack_Of_Ours", "1.2.3"))
    monkeypatch.setenv("VIRTUAL_ENV", sys.prefix)
    monkeypatch.setenv("PYTHONPATH", str(Path(pytest.__file__).parents[1]))
    environment = Environment(tmp_path / "environment", PROGRAMS)

    installed = environment.install(uv, [wheel])
    again = environment.install(uv, [wheel])

    assert installed == again == {"pack-of-ours": "1.2.3"}
    done = environment.run("-c", PATHS, folder=tmp_path)
    binaries = str(environment.python.parent)
    assert json.loads(done.out) == [str(environment.folder), binaries, "1.2.3"], done.error


PATHS = """\
import json, os, sys
from importlib.metadata import version
first = os.environ["PATH"].split(os.pathsep)[0]
print(json.dumps([sys.prefix, first, version("pack-of-ours")]))
"""
