"""Projects whose tests are watched."""

import shutil
from pathlib import Path

import pytest

from async_db.scaffold import plan_writing, render_project, write
from helpers.observing import write_project
from helpers.sync_service import SYNC_SERVICE, SYNC_TESTS


@pytest.fixture(scope="session")
def rendered(tmp_path_factory: pytest.TempPathFactory, root: Path) -> Path:
    folder = tmp_path_factory.mktemp("observed") / "service"
    write(plan_writing(folder, render_project(root / "templates", {"database": "sqlite"})))
    return folder


@pytest.fixture
def project(rendered: Path, tmp_path: Path) -> Path:
    shutil.copytree(rendered, tmp_path / "service")
    return tmp_path / "service"


@pytest.fixture
def sync_project(tmp_path: Path) -> Path:
    write_project(tmp_path, SYNC_SERVICE, SYNC_TESTS)
    return tmp_path
