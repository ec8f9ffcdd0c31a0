"""No module of a service is hidden by one of the pack's, and none of the pack's by a service's."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from helpers.observing import PLUGIN, run_pytest, write_project
from helpers.sync_service import SYNC_SERVICE

SCRIPTS = PLUGIN.parent
OURS = sorted(path.stem for path in SCRIPTS.iterdir() if path.suffix == ".py" or path.is_dir())
TESTS = """
import importlib
import pytest
from fastapi.testclient import TestClient
from service import Base, app, engine


@pytest.mark.parametrize("name", NAMES)
def test_the_services_own(name):
    assert importlib.import_module(name).WHOSE == "the service's"


def test_add():
    Base.metadata.create_all(engine)
    assert TestClient(app).post("/rows").status_code == 200
"""


def write(project: Path, names: list[str]) -> None:
    write_project(project, SYNC_SERVICE, TESTS.replace("NAMES", str(names)))
    for name in names:
        (project / f"{name}.py").write_text('WHOSE = "the service\'s"\n')
    (project / "pytest.ini").write_text("[pytest]\npythonpath = .\n")


def test_the_plugin_hides_nothing_and_is_not_hidden(tmp_path: Path) -> None:
    assert {"async_db", "observe", "render"} <= set(OURS)
    write(tmp_path, OURS)
    done = run_pytest(tmp_path, alone=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "session/commit-before-response" in done.stdout


@pytest.mark.parametrize("workers", [(), ("-n", "1")])
def test_the_old_name_hides_nothing_but_itself(tmp_path: Path, workers: tuple[str, ...]) -> None:
    write(tmp_path, [name for name in OURS if name != "observe"])
    done = subprocess.run(  # noqa: S603 (our own tools, arguments as a list)
        [Path(sys.executable).with_name("pytest"), "-q", "-p", "observe", *workers],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(SCRIPTS)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "session/commit-before-response" in done.stdout


def test_the_plugins_folder_holds_nothing_else() -> None:
    names = {path.stem for path in PLUGIN.iterdir()} - {"__pycache__"}
    assert names == {"async_db_observe", "async_db_observe_middleware", "async_db_observe_pack"}
