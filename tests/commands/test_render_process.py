"""`render.py` as a process of its own: from any folder, ended half-way, on disks that are full or read-only."""

import functools
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import render
from helpers.small_templates import ENGINE, files

SCRIPTS = Path(render.__file__).parent


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(SCRIPTS)}
    return subprocess.run(  # noqa: S603 - our own program
        command, cwd=cwd, env=environment, capture_output=True, text=True, check=False, timeout=60
    )


def test_it_finds_its_files_from_anywhere(templates: Path, project: Path) -> None:
    scripts = templates.parent / "scripts"
    shutil.copytree(SCRIPTS, scripts, ignore=shutil.ignore_patterns("__pycache__"))
    done = run(sys.executable, scripts / "render.py", "new", cwd=project)
    assert (done.returncode, done.stderr) == (0, "")
    assert files(project)["new/app/engine.py"] == ENGINE


DRIVER = """
import os, runpy, signal, sys
real, program = os.replace, sys.argv[1]
def replace(source, destination):
    real(source, destination)
    os.kill(os.getpid(), signal.SIGTERM)
os.replace, sys.argv = replace, sys.argv[1:]
runpy.run_path(program, run_name="__main__")
"""


def test_being_ended_leaves_nothing_half_written(templates: Path, project: Path) -> None:
    scripts = templates.parent / "scripts"
    shutil.copytree(SCRIPTS, scripts, ignore=shutil.ignore_patterns("__pycache__"))
    done = run(sys.executable, "-c", DRIVER, scripts / "render.py", "--into", ".", cwd=project)
    assert (done.returncode, done.stderr) == (130, "render: interrupted; nothing was changed\n")
    assert list(project.iterdir()) == []


# Run on a disk of its own where the system lets us make one. Where it does not, the process's
# own limit on the size of a file stands in for a full disk, and a simulated error for a
# read-only one: what is expected of the command is the same.
ON_ITS_OWN_DISK = ("unshare", "--mount", "--map-root-user")
FULL = "mount -t tmpfs -o size=64k none disk"
READ_ONLY = (
    "mount -t tmpfs none disk; mkdir disk/app; echo mine > disk/app/engine.py; "
    "mount -o remount,ro disk"
)
ON_DISK = """
import json, pathlib, resource, sys
import render
disk, templates, real = pathlib.Path("disk"), pathlib.Path(sys.argv[1]), sys.argv[2] == "real"
"""


@functools.cache
def can_mount() -> bool:
    if shutil.which("unshare") is None:
        return False
    mounts = "mount -t tmpfs none /mnt; mount -o remount,ro /mnt"
    probe = run(*ON_ITS_OWN_DISK, "sh", "-euc", mounts, cwd=Path("/"))
    return probe.returncode == 0


def on_disk(mount: str, program: str, templates: Path, folder: Path) -> Any:
    """What the program prints, run in a folder where `disk` is a disk of its own."""
    (folder / "disk").mkdir()
    command: list[str | Path] = [sys.executable, "-c", ON_DISK + program, templates]
    if can_mount():
        shell = ["sh", "-euc", f'{mount}; exec "$@"', "sh"]
        done = run(*ON_ITS_OWN_DISK, *shell, *command, "real", cwd=folder)
    else:
        done = run(*command, "simulated", cwd=folder)
    assert done.returncode == 0, done.stderr
    return done.stderr, json.loads(done.stdout.splitlines()[-1])


def test_a_full_disk(templates: Path, project: Path) -> None:
    big = "".join(f"NUMBER_{number} = {number}\n" for number in range(8000))
    (templates / "base/{{ package }}/session.py.jinja").write_text(big)
    stderr, answer = on_disk(
        FULL,
        """
prepare = render.prepare
def limited(*given):
    # Rendering has scratch files of the same size: limit only what is written after it.
    resource.setrlimit(resource.RLIMIT_FSIZE, (limits[1], limits[1]))
    job = prepare(*given)
    resource.setrlimit(resource.RLIMIT_FSIZE, (65536, limits[1]))
    return job
if not real:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    render.prepare = limited
(disk / "app").mkdir()
(disk / "app/engine.py").write_text("mine")
code = [render.main(["--into", "disk", "--force"], templates), render.main(["disk/new"], templates)]
print(json.dumps([code, sorted(map(str, disk.rglob("*"))), (disk / "app/engine.py").read_text()]))
""",
        templates,
        project,
    )
    assert answer == [[2, 2], ["disk/app", "disk/app/engine.py"], "mine"]
    lines = stderr.splitlines()
    assert len(lines) == 2
    for line in lines:
        assert "No space left on device" in line or "File too large" in line
        assert line.endswith("; nothing was changed")


def test_a_read_only_disk(templates: Path, project: Path) -> None:
    stderr, answer = on_disk(
        READ_ONLY,
        """
if not real:
    import errno, os
    (disk / "app").mkdir()
    (disk / "app/engine.py").write_text("mine\\n")
    make = os.mkdir
    def mkdir(path, *mode, **options):
        if "disk" in str(path):
            raise OSError(errno.EROFS, "Read-only file system", str(path))
        make(path, *mode, **options)
    os.mkdir = mkdir
code = [render.main(["--into", "disk", "--force"], templates), render.main(["disk/new"], templates)]
print(json.dumps([code, sorted(map(str, disk.rglob("*"))), (disk / "app/engine.py").read_text()]))
""",
        templates,
        project,
    )
    assert answer == [[2, 2], ["disk/app", "disk/app/engine.py"], "mine\n"]
    assert stderr.splitlines() == [
        f"render: cannot write {project / 'disk'}: Read-only file system; nothing was changed",
        f"render: cannot write {project / 'disk/new'}: Read-only file system; nothing was changed",
    ]
