"""Commands that start servers on a disk that is really full: they name it, and leave nothing."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import verify
import with_postgres
from helpers.packs import Pack

FULL = "No space left on device"
DISK = 'mount -t tmpfs -o size="$0",mode=1777 none /mnt; "$@"; code=$?; ls -A /mnt; exit $code'


def on_a_disk_of(size: str, *command: str | Path) -> "subprocess.CompletedProcess[str]":
    """Run a command whose temporary folder is a small disk of its own; it ends with what is left."""
    return subprocess.run(  # noqa: S603 (our own programs)
        ["unshare", "--mount", "sh", "-uc", DISK, size, sys.executable, *command],  # noqa: S607
        env={**os.environ, "TMPDIR": "/mnt"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def can_mount() -> bool:
    if shutil.which("unshare") is None or os.geteuid() != 0:
        return False
    return on_a_disk_of("64k", "-c", "").returncode == 0


pytestmark = pytest.mark.skipif(not can_mount(), reason="only root may put a disk in place")


def test_verify_names_it(pack: Pack) -> None:
    ran = on_a_disk_of("16k", verify.__file__, "--root", pack.root, "--database", "sqlite")

    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.startswith("verify: /mnt: ")
    assert FULL in ran.stderr
    assert len(ran.stderr.splitlines()) == 1


@pytest.mark.postgres
def test_the_server_names_it() -> None:
    ran = on_a_disk_of("8m", with_postgres.__file__, "--", "true")

    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr.startswith("with_postgres: FATAL:  could not write to file")
    assert ran.stderr.endswith(f"{FULL}\n")
    assert len(ran.stderr.splitlines()) == 1
