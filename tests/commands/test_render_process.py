"""`render.py` as a process of its own: from any folder, ended half-way, on disks that are full or read-only."""

import functools
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

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
    os.kill(os.getpid(), getattr(signal, os.environ["ENDED_BY"]))
os.replace, sys.argv = replace, sys.argv[1:]
runpy.run_path(program, run_name="__main__")
"""


@pytest.fixture
def program(templates: Path) -> Path:
    scripts = templates.parent / "scripts"
    shutil.copytree(SCRIPTS, scripts, ignore=shutil.ignore_patterns("__pycache__"))
    return scripts / "render.py"


@pytest.mark.parametrize("ended_by", ["SIGTERM", "SIGHUP"])
def test_being_ended_leaves_nothing_half_written(
    program: Path, project: Path, monkeypatch: pytest.MonkeyPatch, ended_by: str
) -> None:
    monkeypatch.setenv("ENDED_BY", ended_by)
    done = run(sys.executable, "-c", DRIVER, program, "--into", ".", cwd=project)
    assert (done.returncode, done.stderr) == (130, "render: interrupted; nothing was changed\n")
    assert list(project.iterdir()) == []


def test_what_a_killed_run_leaves_is_gone_after_the_next(
    program: Path, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setenv("TMPDIR", str(scratch))
    monkeypatch.setenv("ENDED_BY", "SIGKILL")
    killed = run(sys.executable, "-c", DRIVER, program, "--into", ".", cwd=project)
    assert killed.returncode == -9
    assert list(project.glob(".render-*"))
    # As if it had been killed while it formatted.
    left = scratch / next(project.glob(".render-*")).name.removeprefix(".")
    left.mkdir()
    running = scratch / f"render-{os.getpid()}-others"
    running.mkdir()
    done = run(sys.executable, program, "--into", ".", cwd=project)
    assert done.returncode == 0, done.stderr
    assert not list(project.glob(".render-*"))
    assert list(scratch.iterdir()) == [running]


def test_a_report_that_cannot_be_printed_is_told(program: Path, project: Path) -> None:
    shell = f"{sys.executable} {program} new > /dev/full"
    done = run("sh", "-c", shell, cwd=project)
    told = "render: what was done cannot be printed: No space left on device\n"
    assert (done.returncode, done.stderr) == (1, told)
    assert files(project)["new/app/engine.py"] == ENGINE


def test_a_folder_with_a_new_repository_is_a_new_project(program: Path, project: Path) -> None:
    (project / ".git").mkdir()
    done = run(sys.executable, program, ".", cwd=project)
    assert (done.returncode, done.stderr) == (0, "")
    assert files(project)["app/engine.py"] == ENGINE


def test_a_file_that_fills_a_disk_is_a_line(program: Path, project: Path) -> None:
    (project / "app").mkdir()
    with (project / "app/engine.py").open("wb") as file:
        file.truncate(200_000_000_000)
    done = run(sys.executable, program, "--into", ".", "--force", cwd=project)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "engine.py is in the way: it has 200,000,000,000 bytes" in done.stderr


def test_what_replaces_a_file_takes_no_dangerous_rights_over(program: Path, project: Path) -> None:
    (project / "app").mkdir()
    file = project / "app/engine.py"
    file.write_text("mine\n")
    file.chmod(0o6777)
    done = run(sys.executable, program, "--into", ".", "--force", cwd=project)
    assert done.returncode == 0, done.stderr
    assert file.stat().st_mode & 0o7777 == 0o775


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
