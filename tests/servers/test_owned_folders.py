"""Folders that are left over are told from those in use, and from what is not ours at all."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from async_db.servers import owned_folder, owned_folders
from async_db.servers.owned_folders import remove_abandoned

SCRIPTS = Path(owned_folders.__file__).resolve().parents[2]
OWN = """
import os, pathlib, signal, sys
from async_db.servers import owned_folder
with owned_folder("kind", pathlib.Path(sys.argv[1])) as folder:
    (folder / "deep").mkdir()
    print(folder, flush=True)
    sys.stdin.read()
"""


def owner_in(base: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(  # noqa: S603 (this very Python)
        [sys.executable, "-c", OWN, str(base)],
        env={**os.environ, "PYTHONPATH": str(SCRIPTS)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def folder_of(owner: "subprocess.Popen[str]") -> Path:
    assert owner.stdout is not None
    return Path(owner.stdout.readline().strip())


def test_a_folder_lasts_as_long_as_its_owner(tmp_path: Path) -> None:
    with owner_in(tmp_path) as owner:
        folder = folder_of(owner)
        remove_abandoned("kind", tmp_path)
        assert (folder / "deep").is_dir()
        owner.kill()
        owner.wait()
        assert (folder / "deep").is_dir()

        with owned_folder("kind", tmp_path) as other:
            assert list(tmp_path.iterdir()) == [other]
    assert list(tmp_path.iterdir()) == []


def test_other_kinds_are_left_alone(tmp_path: Path) -> None:
    with owner_in(tmp_path) as owner:
        folder = folder_of(owner)
        owner.kill()
    with owned_folder("kin", tmp_path), owned_folder("kind-of", tmp_path):
        assert folder.is_dir()


def test_what_is_kept_is_nobodys(tmp_path: Path) -> None:
    with owned_folder("kind", tmp_path, keep=True) as kept:
        (kept / "log").touch()
    remove_abandoned("kind", tmp_path)
    assert [*kept.iterdir()] == [kept / "log"]


def planted(base: Path, kind: str) -> Path:
    """Give what somebody else may put into a folder that is everybody's, and what it leads to."""
    inside = base / "elsewhere"
    inside.mkdir()
    (inside / "owner").touch()
    place = base / "kind-1-planted"
    if kind == "link":
        place.symlink_to(inside)
        return inside
    inside.rename(place)
    if kind == "writable":
        place.chmod(0o777)
    elif kind == "linked owner":
        (place / "owner").rename(base / "theirs")
        (place / "owner").symlink_to(base / "theirs")
    elif kind == "someone else's":
        os.chown(place, 65534, 65534)
    return place


@pytest.mark.parametrize(
    "kind",
    [
        *("link", "writable", "linked owner"),
        pytest.param(
            "someone else's",
            marks=pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away"),
        ),
    ],
)
def test_what_somebody_else_may_have_put_there_is_left_alone(tmp_path: Path, kind: str) -> None:
    place = planted(tmp_path, kind)
    remove_abandoned("kind", tmp_path)
    assert (place / "owner").exists()


def test_the_same_without_the_plant_is_removed(tmp_path: Path) -> None:
    place = planted(tmp_path, "nothing")
    remove_abandoned("kind", tmp_path)
    assert not place.exists()
