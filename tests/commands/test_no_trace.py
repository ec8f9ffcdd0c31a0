"""Commands write nothing into the pack's folder, say what they need, and run from a read-only copy."""

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from helpers.shipped import ship

SHIPPED = (
    "SKILL.md",
    "references",
    "templates",
    "scripts",
    "tests/proofs",
    "tests/counterexamples",
)
METADATA = re.compile(r"(?m)^# /// script\n((?:#.*\n)+?)# ///$")
EXTRAS = {
    "audit": "",
    "with_postgres": "postgres",
    "render": "render",
    "modernize": "modernize",
    "faults": "verify",
    "verify": "verify",
}
"""What each command needs, by the name that the project file has for it."""

Seen = dict[str, tuple[int, int]]


@pytest.fixture
def pack(root: Path, tmp_path: Path) -> Path:
    """A copy of the pack as it is installed, which nobody may write to."""
    copy = ship(root, tmp_path / "pack")
    for path in [copy, *copy.rglob("*")]:
        path.chmod(path.stat().st_mode & 0o555)
    return copy


def seen(folder: Path) -> Seen:
    """Tell what is in a folder, and when it was last changed."""
    states = {path: path.stat() for path in [folder, *folder.rglob("*")]}
    return {str(path): (state.st_mtime_ns, state.st_size) for path, state in states.items()}


def called(pack: Path, folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Call a command of the pack as somebody does whose Python keeps bytecode."""
    environment = {**os.environ}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    return subprocess.run(  # noqa: S603 (our own commands)
        [sys.executable, *command],
        cwd=folder,
        env={**environment, "PYTHONPATH": str(pack / "scripts/pytest_plugin")},
        capture_output=True,
        text=True,
        check=False,
    )


def test_light_commands_write_nothing(pack: Path, tmp_path: Path) -> None:
    before = seen(pack)
    scripts, service = pack / "scripts", tmp_path / "shop"

    for command in (
        [scripts / "render.py", service, "--package", "shop", "--database", "sqlite"],
        [scripts / "render.py", "--into", service, "--only", "agents-md"],
        [scripts / "audit.py", service],
        [scripts / "modernize.py", service, "--allow-dirty"],
        [scripts / "observe.py", "--help"],
        [scripts / "with_postgres.py", "--help"],
        [scripts / "faults.py", "--help"],
        [scripts / "verify.py", "--help"],
    ):
        done = called(pack, tmp_path, *map(str, command))
        assert done.returncode in (0, 1), (command, done.stdout + done.stderr)
        assert "Traceback" not in done.stderr

    assert seen(pack) == before


@pytest.mark.postgres
@pytest.mark.exhaustive
def test_commands_that_run_a_service_write_nothing(pack: Path, tmp_path: Path) -> None:
    before = seen(pack)
    scripts, service = pack / "scripts", tmp_path / "shop"
    rendered = called(pack, tmp_path, str(scripts / "render.py"), str(service))
    assert rendered.returncode == 0, rendered.stderr

    evidence = str(tmp_path / "evidence.json")
    rule = "session/commit-before-response"
    for command in (
        [scripts / "verify.py", "--rules", rule, "--database", "sqlite", "--evidence", evidence],
        [scripts / "with_postgres.py", "--", sys.executable, "-c", "pass"],
        [scripts / "observe.py", "--", sys.executable, "-c", "import sqlalchemy"],
        [scripts / "faults.py", "--only", "nothing-of-the-kind"],
    ):
        done = called(pack, service, *map(str, command))
        assert "Traceback" not in done.stderr, (command, done.stderr)

    assert seen(pack) == before


def test_the_plugin_writes_nothing_where_bytecode_is_not_kept(pack: Path, tmp_path: Path) -> None:
    service = tmp_path / "shop"
    service.mkdir()
    (service / "test_it.py").write_text("def test_it():\n    assert True\n")
    before = seen(pack)
    done = called(
        *(pack, service),
        *("-B", "-m", "pytest", "-p", "async_db_observe", "-q", "-p", "no:cacheprovider"),
    )
    assert "1 passed" in done.stdout, done.stdout + done.stderr
    assert seen(pack) == before


@pytest.mark.parametrize("name", EXTRAS)
def test_a_command_says_what_it_needs(root: Path, name: str) -> None:
    text = (root / "scripts" / f"{name}.py").read_text(encoding="utf-8")
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    found = METADATA.search(text)
    assert found is not None
    metadata = tomllib.loads(re.sub(r"(?m)^# ?", "", found[1]))

    assert metadata["requires-python"] == project["requires-python"]
    extra = EXTRAS[name]
    assert sorted(metadata["dependencies"]) == sorted(needed(extra, project) if extra else [])


def needed(extra: str, project: dict[str, Any]) -> Iterator[str]:
    """Give what an extra depends on, and the extras that it names."""
    for dependency in project["optional-dependencies"][extra]:
        if dependency.startswith(project["name"]):
            for other in dependency.partition("[")[2].rstrip("]").split(","):
                yield from needed(other, project)
        else:
            yield dependency
