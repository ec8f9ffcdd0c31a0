"""`modernize.py` as it is called: what it prints and answers with, what it writes and leaves alone."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import audit
import modernize
from helpers.packs import Ran
from helpers.trees import snapshot

SERVICE = """\
from fastapi import Depends, FastAPI
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session, sessionmaker

SessionLocal = sessionmaker(create_engine("sqlite:///shop.db"))
app = FastAPI()


def get_session():
    with SessionLocal() as session:
        yield session


@app.get("/orders")
def orders(session: Session = Depends(get_session)) -> int:
    return session.scalar(select(1))
"""
PROPERTY = """
class Shop:
    def __init__(self, session: Session) -> None:
        self.session = session

    @property
    def size(self) -> int:
        return self.session.scalar(select(1))
"""


@pytest.fixture
def service(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "main.py").write_text(SERVICE)
    return folder


@pytest.fixture
def committed(service: Path) -> Path:
    """The service, in a git repository of its own."""
    git(service, "init", "-q")
    commit(service)
    return service


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(  # noqa: S603 (git, with arguments as a list)
        ["git", "-c", "user.name=a", "-c", "user.email=a@b", *arguments],  # noqa: S607 (whichever there is)
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def commit(folder: Path) -> None:
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "a state")


def run(capfd: pytest.CaptureFixture[str], *arguments: object) -> Ran:
    try:
        code = modernize.main([str(argument) for argument in arguments])
    except SystemExit as exit:
        code = exit.code if isinstance(exit.code, int) else 1
    return Ran(code, *capfd.readouterr())


def test_without_write_nothing_changes(service: Path, capfd: pytest.CaptureFixture[str]) -> None:
    before = snapshot(service)
    ran = run(capfd, service)
    assert ran.code == 0
    assert ran.out.startswith("modernize: 1 file, ")
    assert "--write writes it" in ran.error
    assert (
        "checked: 0 sync sessions on the loop by the audit; not by types (--types asks mypy)"
        in ran.out
    )
    shown = run(capfd, service, "--diff").out
    assert "-def orders(" in shown
    assert "+async def orders(" in shown
    told = json.loads(run(capfd, service, "--format", "json").out)
    assert told["schema_version"] == 1
    assert told["files"] == ["main.py"]
    assert told["counts"]["async def"] == 2
    assert told["checked"] == {
        "files": 1,
        "refused": [],
        "sync": [],
        "types": None,
        "unchecked": "--types asks mypy",
    }
    assert snapshot(service) == before


@pytest.mark.git
def test_a_second_run_changes_nothing(committed: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(capfd, committed, "--write").code == 0
    assert "async def orders(" in (committed / "main.py").read_text()
    commit(committed)
    ran = run(capfd, committed, "--write")
    assert (ran.code, ran.out) == (0, "modernize: nothing to change\n")
    assert git(committed, "status", "--porcelain") == ""


@pytest.mark.git
def test_what_is_not_committed_is_refused(
    committed: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with (committed / "main.py").open("a") as file:
        file.write("\nA = 1\n")
    before = snapshot(committed)
    ran = run(capfd, committed, "--write")
    assert (ran.code, ran.out) == (2, "")
    assert ran.error == "modernize: not committed: main.py: commit, or say --allow-dirty\n"
    assert snapshot(committed) == before
    assert run(capfd, committed, "--write", "--allow-dirty").code == 0


@pytest.mark.git
def test_outside_of_git_it_has_to_be_asked_for(
    service: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    ran = run(capfd, service, "--write")
    assert ran.code == 2
    assert "is in no git work tree" in ran.error
    assert run(capfd, service, "--write", "--allow-dirty").code == 0


@pytest.mark.git
def test_what_is_left_is_told_and_found_by_the_audit(
    committed: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (committed / "main.py").write_text(SERVICE + PROPERTY)
    commit(committed)
    ran = run(capfd, committed, "--write")
    assert ran.code == 1
    assert "left to a person (1), each marked in the code:" in ran.out
    assert "a property cannot be awaited" in ran.out
    assert audit.main([str(committed), "--rule", "migrating/no-sync-left"]) == 1
    assert "a property cannot be awaited" in capfd.readouterr().out


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({}, "no file in it speaks of FastAPI or SQLAlchemy"),
        ({"main.py": "import flask\napp = flask.Flask('a')\n"}, "no file in it speaks"),
        ({"main.py": "import django\n"}, "no file in it speaks"),
        (
            {"main.py": "from sqlalchemy.orm import Session\nfrom flask import Flask\n"},
            "Flask serves it, which runs views in threads: left alone",
        ),
        (
            {"a.py": "import django.http\n\nfrom sqlalchemy.orm import Session\n"},
            "Django serves it, which runs views in threads: left alone",
        ),
    ],
)
def test_what_is_no_such_service_is_a_line(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], files: dict[str, str], told: str
) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    ran = run(capfd, tmp_path)
    assert (ran.code, ran.out) == (2, "")
    assert told in ran.error
    assert ran.error.count("\n") == 1


def test_a_path_that_is_no_folder_is_a_line(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    ran = run(capfd, tmp_path / "nowhere")
    assert ran.code == 2
    assert ran.error.endswith("nowhere: name the project's folder\n")


@pytest.mark.parametrize(
    "broken",
    [b"def f(:\n", b"def f():\n\tx = 1\n        y = 2\n", b"x = '\xff'\n", b"x = 1\0\n"],
    ids=["syntax", "mixed tabs", "encoding", "null"],
)
def test_a_file_that_cannot_be_read_is_named_and_the_rest_goes_on(
    service: Path, capfd: pytest.CaptureFixture[str], broken: bytes
) -> None:
    (service / "broken.py").write_bytes(broken)
    ran = run(capfd, service, "--write", "--allow-dirty")
    assert ran.code == 0
    assert "not read (1):\n  broken.py: " in ran.out
    assert "async def orders(" in (service / "main.py").read_text()
    assert (service / "broken.py").read_bytes() == broken


@pytest.mark.parametrize(
    ("mark", "encoding", "newline"),
    [
        (b"", "utf-8", "\r\n"),
        (b"\xef\xbb\xbf", "utf-8", "\n"),
        (b"# coding: latin-1\n", "latin-1", "\n"),
    ],
    ids=["CRLF", "mark", "latin-1"],
)
def test_bytes_stay_as_the_file_has_them(
    service: Path, capfd: pytest.CaptureFixture[str], mark: bytes, encoding: str, newline: str
) -> None:
    text = f"# süß\n{SERVICE}".replace("\n", newline)
    (service / "main.py").write_bytes(mark + text.encode(encoding))
    assert run(capfd, service, "--write", "--allow-dirty").code == 0
    after = (service / "main.py").read_bytes()
    assert after.startswith(mark + "# süß".encode(encoding) + newline.encode())
    assert b"async def orders(" in after
    if newline == "\r\n":
        assert b"\n" not in after.replace(b"\r\n", b"")


def test_it_starts_without_what_the_service_needs(root: Path, service: Path) -> None:
    done = subprocess.run(  # noqa: S603 (this very Python)
        [sys.executable, "-B", str(root / "scripts/modernize.py"), "shop"],
        cwd=service.parent,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert not list(service.rglob("__pycache__"))
