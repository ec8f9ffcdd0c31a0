"""The wheel, installed by the real tool, brings the skill, its commands and its plugin."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from helpers.shipped import shipped

NAME = "fastapi-async-sqlalchemy-modernization"
SERVICE = """
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine("sqlite+aiosqlite:///service.db")
app = FastAPI()
"""


@pytest.fixture(scope="module")
def installed(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment that has the wheel, and pytest."""
    folder = tmp_path_factory.mktemp("installed")
    run("uv", "build", "-q", "--wheel", "-o", str(folder), str(root))
    (wheel,) = folder.glob("*.whl")
    environment = folder / "environment"
    run("uv", "venv", "-q", "--python", sys.executable, str(environment))
    python = environment / "bin/python"
    run("uv", "pip", "install", "-q", "--python", str(python), str(wheel), "pytest", "sqlalchemy")
    return environment


def run(*command: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    return subprocess.run(  # noqa: S603 (commands of this test)
        command,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=folder is None,
    )


@pytest.mark.network
@pytest.mark.exhaustive
def test_a_wheel_brings_the_skill_its_commands_and_its_plugin(
    installed: Path, root: Path, tmp_path: Path
) -> None:
    (skill,) = installed.glob(f"lib/python*/site-packages/*/.agents/skills/{NAME}")
    assert {path for path in shipped(root) if not (skill / path).exists()} == set()
    assert not (skill / "tests/conftest.py").exists()

    (tmp_path / "service.py").write_text(SERVICE)
    (tmp_path / "test_it.py").write_text("def test_it():\n    assert True\n")
    audited = run(str(installed / "bin/async-db-audit"), ".", folder=tmp_path)
    assert "engine/created-in-lifespan" in audited.stdout, audited.stdout + audited.stderr

    pytest_ = str(installed / "bin/pytest")
    assert "observe" not in run(pytest_, folder=tmp_path).stdout
    watched = run(pytest_, "-p", "async_db_observe", folder=tmp_path)
    assert "1 passed" in watched.stdout, watched.stdout + watched.stderr
    assert "0 requests watched" in watched.stdout
