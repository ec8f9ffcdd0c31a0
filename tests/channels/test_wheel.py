"""The wheel, installed by the real tool, brings the skill, its commands and its plugin."""

import sys
from pathlib import Path

from helpers.installed import NAME, audits, called
from helpers.shipped import shipped


def test_a_wheel(root: Path, service: Path, tmp_path: Path) -> None:
    installed = _installed(root, tmp_path)
    (skill,) = installed.glob(f"lib/python*/site-packages/*/.agents/skills/{NAME}")
    assert {path for path in shipped(root) if not (skill / path).exists()} == set()
    assert not (skill / "tests/conftest.py").exists()
    assert audits(skill, service)

    audited = called(str(installed / "bin/async-db-audit"), ".", folder=service)
    assert "engine/created-in-lifespan" in audited.stdout, audited.stdout + audited.stderr


def test_its_plugin_is_off_until_it_is_asked_for(root: Path, service: Path, tmp_path: Path) -> None:
    program = str(_installed(root, tmp_path) / "bin/pytest")
    (service / "test_it.py").write_text("def test_it():\n    assert True\n")

    assert "observe" not in called(program, folder=service).stdout
    watched = called(program, "-p", "async_db_observe", folder=service)
    assert "1 passed" in watched.stdout, watched.stdout + watched.stderr
    assert "0 requests watched" in watched.stdout


def _installed(root: Path, folder: Path) -> Path:
    """Make an environment that has the wheel, and pytest."""
    wheels, environment = folder / "wheels", folder / "environment"
    python = environment / "bin/python"
    for command in (
        ("build", "-q", "--wheel", "-o", str(wheels), str(root)),
        ("venv", "-q", "--python", sys.executable, str(environment)),
        ("pip", "install", "-q", "--python", str(python), NAME, "pytest", "sqlalchemy"),
    ):
        extra = ("--find-links", str(wheels)) if command[0] == "pip" else ()
        done = called("uv", *command, *extra, folder=folder)
        assert done.returncode == 0, done.stderr
    return environment
