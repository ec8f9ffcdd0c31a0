"""What the async side needs is declared where, and as, the rest is."""

from pathlib import Path

import pytest

from async_db.modernizing.steps.database import requirements
from helpers.modernizing import in_project

URL = (
    'from sqlalchemy.ext.asyncio import create_async_engine\n\nengine = create_async_engine("{}")\n'
)


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        (
            "requirements.txt",
            "fastapi\nSQLAlchemy==2.0.41  # pinned\nsqlalchemy-utils\n",
            "fastapi\nSQLAlchemy[asyncio]==2.0.41  # pinned\nasyncpg>=0.31\nsqlalchemy-utils\n",
        ),
        (
            "requirements.txt",
            "sqlalchemy[mypy]>=2.0,<3; python_version > '3'",
            "sqlalchemy[mypy,asyncio]>=2.0,<3; python_version > '3'\nasyncpg>=0.31\n",
        ),
        (
            "pyproject.toml",
            '[project]\ndependencies = [\n    "sqlalchemy>=2.0",  # why\n    "x[sqlalchemy]",\n]\n',
            (
                '[project]\ndependencies = [\n    "sqlalchemy[asyncio]>=2.0",  # why\n'
                '    "asyncpg>=0.31",\n    "x[sqlalchemy]",\n]\n'
            ),
        ),
        (
            "pyproject.toml",
            '[project]\ndependencies = ["sqlalchemy>=2.0", "fastapi"]\n',
            '[project]\ndependencies = ["sqlalchemy[asyncio]>=2.0", "asyncpg>=0.31", "fastapi"]\n',
        ),
        (
            "pyproject.toml",
            '[tool.poetry.dependencies]\nx = { extras = ["sqlalchemy"], version = "1" }\nSQLAlchemy = "^2.0"\n',
            (
                '[tool.poetry.dependencies]\nx = { extras = ["sqlalchemy"], version = "1" }\n'
                'SQLAlchemy = { version = "^2.0", extras = ["asyncio"] }\nasyncpg = ">=0.31"\n'
            ),
        ),
        (
            "pyproject.toml",
            '[tool.poetry.dependencies]\nsqlalchemy = { version = "^2.0", extras = ["mypy"] }\nasyncpg = "*"\n',
            '[tool.poetry.dependencies]\nsqlalchemy = { version = "^2.0", extras = ["mypy", "asyncio"] }\nasyncpg = "*"\n',
        ),
        (
            "pyproject.toml",
            '[project]\ndependencies = [\n  "sqlmodel>=0.0.20"\n]\n',
            '[project]\ndependencies = [\n  "sqlmodel>=0.0.20",\n  "sqlalchemy[asyncio]>=2.0.40",\n  "asyncpg>=0.31",\n]\n',
        ),
    ],
)
def test_requirements(tmp_path: Path, path: str, before: str, after: str) -> None:
    texts = {path: before, "app/main.py": URL.format("postgresql+asyncpg://a/b")}
    done = in_project(tmp_path, texts, requirements)

    assert done.after.texts[path] == after
    assert done.left == ()


def test_what_only_tests_connect_by_stands_beside_pytest(tmp_path: Path) -> None:
    texts = {
        "pyproject.toml": '[project]\ndependencies = ["sqlalchemy"]\n\n'
        '[dependency-groups]\ndev = ["pytest>=8", "ruff"]\n',
        "app/main.py": URL.format("postgresql+asyncpg://a/b"),
        "tests/test_it.py": URL.format("sqlite+aiosqlite://"),
    }
    done = in_project(tmp_path, texts, requirements)

    assert 'dev = ["pytest>=8", "aiosqlite>=0.20", "ruff"]' in done.after.texts["pyproject.toml"]
    assert '["sqlalchemy[asyncio]", "asyncpg>=0.31"]' in done.after.texts["pyproject.toml"]


def test_psycopg_needs_no_other_driver(tmp_path: Path) -> None:
    texts = {
        "requirements.txt": "sqlalchemy\npsycopg[binary]\n",
        "app/main.py": URL.format("postgresql+psycopg://a/b"),
    }
    done = in_project(tmp_path, texts, requirements)

    assert done.after.texts["requirements.txt"] == "sqlalchemy[asyncio]\npsycopg[binary]\n"


def test_a_file_of_hashes_is_compiled_by_a_person(tmp_path: Path) -> None:
    texts = {
        "requirements.txt": "sqlalchemy==2.0.41 \\\n    --hash=sha256:0\n",
        "app/main.py": URL.format("postgresql+asyncpg://a/b"),
    }
    done = in_project(tmp_path, texts, requirements)

    assert done.after.texts["requirements.txt"] == texts["requirements.txt"]
    assert [each.path for each in done.left] == ["requirements.txt"]


@pytest.mark.parametrize("unsafe", [False, True])
def test_an_old_release_is_told_and_raised_where_that_is_asked_for(
    tmp_path: Path, *, unsafe: bool
) -> None:
    texts = {
        "requirements.txt": "sqlalchemy==1.4.54\nasyncpg\n",
        "app/main.py": URL.format("postgresql+asyncpg://a/b"),
    }
    done = in_project(tmp_path, texts, requirements, unsafe=unsafe)

    bounds = ">=2.0.40" if unsafe else "==1.4.54"
    assert done.after.texts["requirements.txt"] == f"sqlalchemy[asyncio]{bounds}\nasyncpg\n"
    assert {each.grade for each in done.changes if each.reason} == {
        "unsafe" if unsafe else "withheld"
    }
