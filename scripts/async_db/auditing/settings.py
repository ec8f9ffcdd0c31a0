"""What a target's `pyproject.toml` says to the audit, in the table `tool.async-db.audit`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

TABLE = "tool.async-db.audit"


class SettingsError(Exception):
    """The table is wrong; the message is one line."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the audit of a project leaves out.

    Parameters:
        exclude: patterns of paths of which nothing is told.
        ignore: the names of rules that are not looked at.
        baseline: the file of known findings, relative to the project, empty for none.
    """

    exclude: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    baseline: str = ""

    def excludes(self, path: str) -> bool:
        return any(fnmatch(path, pattern) for pattern in self.exclude)


def read_settings(root: Path) -> Settings:
    """Read the table, if there is one.

    Parameters:
        root: the project's folder.

    Raises:
        SettingsError: a key is unknown, or has a value of another kind.
    """
    path = root / "pyproject.toml"
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return Settings()  # the target's own tools say what is wrong with it
    table: Any = content
    for key in TABLE.split("."):
        table = table.get(key, {}) if isinstance(table, dict) else {}
    if not isinstance(table, dict):
        raise SettingsError(f"{path}: {TABLE} is not a table")
    unknown = sorted(set(table) - {"exclude", "ignore", "baseline"})
    if unknown:
        raise SettingsError(f"{path}: {TABLE} has no key {unknown[0]!r}")
    baseline = table.get("baseline", "")
    if not isinstance(baseline, str):
        raise SettingsError(f"{path}: {TABLE}.baseline is not a text")
    return Settings(_texts(table, "exclude", path), _texts(table, "ignore", path), baseline)


def _texts(table: dict[str, Any], key: str, path: Path) -> tuple[str, ...]:
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise SettingsError(f"{path}: {TABLE}.{key} is not a list of texts")
    return tuple(value)
