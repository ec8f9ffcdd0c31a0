"""What has to be installed: SQLAlchemy's asyncio extra and an async driver, where it is declared."""

from __future__ import annotations

import re
from collections.abc import Iterable

from async_db.modernizing.changes import Change
from async_db.modernizing.step import Step
from async_db.modernizing.steps.database.databases import DRIVERS, databases
from async_db.modernizing.steps.database.declaring import (
    Declared,
    declared,
    with_extra,
    with_more,
)

_RULE = "engine/asyncio-extra"
_WINDOWS = {"asyncpg": ">=0.31", "aiosqlite": ">=0.20", "aiomysql": ">=0.2"}
_SQLALCHEMY = ">=2.0.40"
_FILES = re.compile(r"(?:^|/)(?:requirements[^/]*\.txt|requirements/[^/]+\.txt|pyproject\.toml)$")


def requirements(step: Step) -> None:
    """Declare what the async side needs, beside what is declared."""
    if not any("create_async_engine" in module.text for module in step.service.modules):
        return
    found = databases(step)
    serving = [DRIVERS[each] for each in found.service]
    testing = [DRIVERS[each] for each in found.tests]
    for path, text in step.project.configurations.items():
        if not _FILES.search(path):
            continue
        after = _serving(step, path, text, serving)
        after = _testing(after, path, testing, alone=after == text)
        if after != text:
            step.new[path] = after
            step.changes.append(Change(path, 1, "requirement", rule=_RULE))


def _serving(step: Step, path: str, text: str, drivers: Iterable[str]) -> str:
    """Declare what the service needs, beside SQLAlchemy or what brings it."""
    entry = declared(text, path, "sqlalchemy")
    if entry is not None and _is_locked(text, entry):
        _tell(step, path, "its versions are locked with their hashes: compile it anew")
        return text
    if entry is not None:
        bounds = _newer(step, path)
        if "asyncio" not in entry.extras or bounds:
            text = with_extra(text, entry, "asyncio", bounds)
        entry = declared(text, path, "sqlalchemy")
        return _beside(text, entry, path, drivers)
    entry = declared(text, path, "sqlmodel")
    if entry is None:
        return text
    return _beside(text, entry, path, ["sqlalchemy[asyncio]", *drivers])


def _testing(text: str, path: str, drivers: Iterable[str], *, alone: bool) -> str:
    """Declare what only tests connect by, beside pytest, else beside SQLAlchemy."""
    entry = declared(text, path, "pytest")
    if entry is None and not alone:
        entry = declared(text, path, "sqlalchemy")
    return _beside(text, entry, path, drivers)


def _beside(text: str, entry: Declared | None, path: str, names: Iterable[str]) -> str:
    missing = [each for each in names if declared(text, path, each.partition("[")[0]) is None]
    if entry is None or not missing:
        return text
    return with_more(text, entry, [(each, _WINDOWS.get(each, _SQLALCHEMY)) for each in missing])


def _is_locked(text: str, entry: Declared) -> bool:
    return entry.form == "lines" and text[entry.end :].lstrip(" \t\r\n\\").startswith("--hash")


def _newer(step: Step, path: str) -> str:
    """Give SQLAlchemy's bounds where its release is too old for `async_sessionmaker`, if asked to."""
    release = step.project.release("sqlalchemy")
    if release is None or release.at_least("2.0") is not False:
        return ""
    doubt = f"SQLAlchemy {release} has no `async_sessionmaker`: 2.0 is needed, and changes more than this"
    if not step.options.unsafe:
        _tell(step, path, doubt)
        return ""
    step.changes.append(Change(path, 1, "release", "unsafe", _RULE, doubt))
    return _SQLALCHEMY


def _tell(step: Step, path: str, reason: str) -> None:
    """Note what is left in a file that no comment is written into."""
    step.changes.append(Change(path, 1, "left", "withheld", _RULE, reason))
