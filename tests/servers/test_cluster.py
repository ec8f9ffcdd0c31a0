"""Whose the server's programs are, and what they change of the folders that they are in."""

import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from async_db.servers import ThrowawayPostgres, cluster, throwaway_postgres

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.skipif(os.geteuid() != 0, reason="only root's server is another user's"),
]


@pytest.fixture
def private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that root alone may enter, with the wheel in it."""
    programs = cluster.installed_programs()
    package = programs.parents[1]
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    copy = private / package.name / programs.parent.name
    shutil.copytree(programs.parent, copy, ignore=shutil.ignore_patterns("include"))
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.exists():
        shutil.copytree(libraries, private / libraries.name)
    monkeypatch.setattr(cluster, "installed_programs", lambda: copy / programs.name)
    return private


def modes(folder: Path) -> dict[Path, int]:
    parts = (folder, *folder.resolve().parents, *folder.rglob("*"))
    return {part: part.stat().st_mode for part in parts}


def postmaster(server: ThrowawayPostgres) -> psutil.Process:
    return psutil.Process(int((server.data / "postmaster.pid").read_text().splitlines()[0]))


def groups(process: psutil.Process) -> Iterator[int]:
    """Give all groups of a process, the supplementary ones too."""
    for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
        if line.startswith(("Gid:", "Groups:")):
            yield from map(int, line.split()[1:])


def test_programs_in_a_private_folder_are_copied_and_nothing_is_opened(private: Path) -> None:
    before = modes(private)
    assert stat.S_IMODE(before[private]) == 0o700
    with throwaway_postgres() as server:
        server.create_database("one")
        assert not postmaster(server).exe().startswith(str(private))
    assert modes(private) == before


def test_where_they_are_installed_nothing_is_opened() -> None:
    installed = cluster.installed_programs().parent
    before = modes(installed)
    with throwaway_postgres() as server:
        copied = not postmaster(server).exe().startswith(str(installed.resolve()))
    assert modes(installed) == before
    ways = (before[part] for part in installed.resolve().parents)
    assert copied == (not all(mode & stat.S_IXOTH for mode in ways))


def test_the_server_has_nothing_of_roots() -> None:
    with throwaway_postgres() as server:
        process = postmaster(server)
        assert 0 not in process.uids()
        assert 0 not in set(groups(process))
        assert server.data.stat().st_gid != 0
