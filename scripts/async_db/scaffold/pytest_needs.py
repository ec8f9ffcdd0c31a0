"""What the scaffold's fixtures need of the settings of pytest, where these are the project's own."""

from __future__ import annotations

import tomllib
from collections.abc import Collection
from pathlib import Path, PurePosixPath
from typing import Any

from async_db.scaffold.hand_work import HandWork
from async_db.scaffold.rendering import PYPROJECT, Tree

_MOST_BYTES = 1_000_000
_CONFTEST = PurePosixPath("tests", "conftest.py")


def pytest_needs(
    whole: Tree, written: Collection[PurePosixPath], target: Path, told_anyway: bool
) -> list[HandWork]:
    """Give the settings without which the written fixtures do not run, if there are any.

    Parameters:
        whole: the whole scaffold with its `pyproject.toml`.
        written: the paths that are written.
        target: the project that they are written into.
        told_anyway: whether `pyproject.toml` was left out, since the project has one.
    """
    if _CONFTEST not in written and not told_anyway:
        return []
    needed = _settings(whole.get(PYPROJECT, ""))
    own = _settings(_text(target / PYPROJECT))
    lines = [
        f"{name} = {_toml(value)}"
        for name, value in needed.items()
        if name != "filterwarnings" and own.get(name) != value
    ]
    if PYPROJECT in written or not lines:
        return []
    why = "the fixtures are async, and share one event loop with the tests"
    code = "\n".join(["[tool.pytest.ini_options]", *lines])
    return [HandWork("pytest", str(PYPROJECT), code, why, done=False)]


def _settings(pyproject: str) -> dict[str, Any]:
    try:
        tool = tomllib.loads(pyproject).get("tool", {})
    except tomllib.TOMLDecodeError:
        return {}
    table = tool.get("pytest", {}).get("ini_options", {}) if isinstance(tool, dict) else {}
    return table if isinstance(table, dict) else {}


def _text(path: Path) -> str:
    try:
        is_small = path.stat().st_size < _MOST_BYTES
        return path.read_text(encoding="utf-8") if is_small else ""
    except (OSError, UnicodeDecodeError):
        return ""


def _toml(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    return f'"{value}"' if isinstance(value, str) else str(value).lower()
