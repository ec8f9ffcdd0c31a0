"""`verify.py --releases` without a network: what it says when nothing can be installed."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from async_db.proving import RELEASE_SETS
from helpers.packs import Command, Pack, Ran, wait_for


def test_releases_cannot_be_installed_without_uv(
    run: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "nowhere"))

    ran = run("--releases", "--environments", "here")

    assert (ran.code, ran.out) == (2, "")
    assert ran.error == (
        "verify: --releases needs uv, which makes the environments: pip install uv\n"
    )
    assert list(Path().iterdir()) == []


def test_a_place_where_no_environments_can_be_is_told(pack: Pack, run: Callable[..., Ran]) -> None:
    pack.write("pyproject.toml", "[project]\n[project.optional-dependencies]\nverify = []\n")
    place = Path("file")
    place.write_text("", encoding="utf-8")

    ran = run("--releases", "--environments", "file")

    assert (ran.code, ran.out) == (2, "")
    assert ran.error == f"verify: {place.resolve()}: File exists\n"


def uv_that(does: str, pack: Pack, folder: Path) -> str:
    """Put a program in uv's place; give the PATH on which it comes first."""
    pack.write("pyproject.toml", "[project]\n[project.optional-dependencies]\nverify = []\n")
    program = folder / "bin/uv"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n{does}\n", encoding="utf-8")
    program.chmod(0o755)
    return os.pathsep.join([str(program.parent), os.environ["PATH"]])


def test_releases_that_cannot_be_installed_are_told_in_one_line(
    pack: Pack, command: Command, tmp_path: Path
) -> None:
    path = uv_that("echo no network >&2; echo today >&2; exit 1", pack, tmp_path)

    ran = command("--releases", PATH=path)

    assert (ran.code, ran.out) == (2, "")
    first = RELEASE_SETS[0].folder
    assert ran.error == f"verify: {first}: uv venv failed: no network today\n"
    assert not (command.folder / "evidence.json").exists()


def test_the_evidence_of_the_whole_is_left(pack: Pack, run: Callable[..., Ran]) -> None:
    own = Path("evidence-of-releases.json")
    own.mkdir()

    ran = run("--releases", evidence=None)

    assert ran.code == 2
    assert ran.error == f"verify: {own}: not a regular file\n"


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["ctrl-c", "sigterm"]
)
def test_an_interrupted_installation_leaves_nothing(
    pack: Pack, command: Command, tmp_path: Path, number: int, code: int
) -> None:
    started = tmp_path / "started"
    path = uv_that(f"sleep 600 & touch '{started}'; wait", pack, tmp_path)
    process = command.start("--releases", PATH=path)
    wait_for(started.exists)
    # The shell is on its way from the fork to the program.
    wait_for(lambda: "sleep" in command.names())

    process.send_signal(number)
    out, error = process.communicate(timeout=60)

    assert (process.returncode, out, error) == (code, "", "verify: interrupted\n")
    assert command.left_behind(process.pid) == []
    assert not (command.folder / "evidence.json").exists()
