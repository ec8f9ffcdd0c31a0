"""Which releases a project has."""

from pathlib import Path

import pytest

from async_db.target import read_releases


def test_installed_beats_locked_beats_declared(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[project]\ndependencies = ["fastapi>=0.100", "sqlalchemy[asyncio]~=2.0", "httpx"]\n'
    )
    (tmp_path / "uv.lock").write_text(
        '[[package]]\nname = "fastapi"\nversion = "0.110.0"\n'
        '[[package]]\nname = "sqlalchemy"\nversion = "2.0.40"\n'
    )
    site = tmp_path / ".venv/lib/python3.12/site-packages"
    (site / "fastapi-0.121.1.dist-info").mkdir(parents=True)
    found = read_releases(tmp_path)
    assert (found["fastapi"].version, found["fastapi"].how) == ("0.121.1", "installed")
    assert (found["sqlalchemy"].version, found["sqlalchemy"].how) == ("2.0.40", "locked")
    assert found["sqlalchemy"].extras == ("asyncio",)
    assert (str(found["httpx"]), found["httpx"].how) == ("any release", "declared")


def test_requirements_poetry_and_pipfile(tmp_path: Path) -> None:
    (tmp_path / "requirements-dev.txt").write_text("# no\n-r x\nSQLAlchemy[asyncio]==1.4.31 # y\n")
    (tmp_path / "backend").mkdir()
    (tmp_path / "backend/pyproject.toml").write_text(
        '[tool.poetry.dependencies]\nfastapi = "^0.95.1"\nhttpx = {version = "0.27", extras = ["a"]}\n'
    )
    (tmp_path / "Pipfile.lock").write_text('{"default": {"asyncpg": {"version": "==0.29.0"}}}')
    found = read_releases(tmp_path)
    assert found["sqlalchemy"].version == "1.4.31"
    assert found["fastapi"].bounds == "^0.95.1"
    assert found["httpx"].version == "0.27"
    assert found["asyncpg"].how == "locked"


@pytest.mark.parametrize(
    ("declared", "answer"),
    [
        ("==0.115.2", False),
        ("==0.118", True),
        (">=0.120", True),
        (">=0.100", None),
        (">=0.100,<0.118", False),
        ("~=0.115.0", False),
        ("^0.95.1", False),
        ("", None),
    ],
)
def test_at_least(tmp_path: Path, declared: str, answer: bool | None) -> None:
    (tmp_path / "requirements.txt").write_text(f"fastapi{declared}\n")
    assert read_releases(tmp_path)["fastapi"].at_least("0.118") is answer


def test_broken_files_say_nothing(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_bytes(b"[project\xff")
    (tmp_path / "uv.lock").write_text("package = 3")
    assert read_releases(tmp_path) == {}
