"""What a project's configuration says of its code's form, its tests and its libraries."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from configparser import ConfigParser, Error
from typing import Any

from async_db.scaffold.houses.house import Style
from async_db.scaffold.houses.layout import Layout
from async_db.target import Release

TESTS = "database_layer"
"""What the folder of the new tests is called, in the folder of the project's own."""
_PYPROJECT = "pyproject.toml"
_DRIVERS = {
    "postgresql": {"asyncpg", "psycopg", "psycopg2", "psycopg2-binary", "psycopg-binary"},
    "sqlite": {"aiosqlite"},
    "mysql": {"aiomysql", "asyncmy", "pymysql", "mysqlclient", "mysql-connector-python"},
}
_SCHEMES = re.compile(r"[\"'](postgres|postgresql|sqlite|mysql|mariadb|mssql|oracle)(?:\+\w+)?:?")


def style(configurations: Mapping[str, str]) -> Style:
    """Give how the code is formatted: by ruff, black or what flake8 takes."""
    tool = _table(_toml(configurations.get(_PYPROJECT, "")), "tool")
    standalone = next(
        (configurations[name] for name in ("ruff.toml", ".ruff.toml") if name in configurations), ""
    )
    ruff = _toml(standalone) or _table(tool, "ruff")
    black = _table(tool, "black")
    quoted = _table(ruff, "format").get("quote-style") == "single"
    for name, table in (("ruff", ruff), ("black", black)):
        length = table.get("line-length")
        if isinstance(length, int) and 40 <= length <= 320:
            return Style(length, "single" if quoted else "double", f"{name}'s line-length")
    for path in ("setup.cfg", "tox.ini", ".flake8"):
        length = _ini(configurations.get(path, ""), "flake8").get("max-line-length", "")
        if length.isdigit() and 40 <= int(length) <= 320:
            return Style(int(length), "double", f"max-line-length in {path}")
    return Style(quotes="single" if quoted else "double")


def pytest_settings(configurations: Mapping[str, str]) -> dict[str, str]:
    """Give the settings of pytest, from the file that it would read."""
    for path, section in (
        ("pytest.ini", "pytest"),
        (_PYPROJECT, ""),
        ("tox.ini", "pytest"),
        ("setup.cfg", "tool:pytest"),
    ):
        text = configurations.get(path, "")
        if path == _PYPROJECT:
            table = _table(_table(_toml(text), "tool"), "pytest")
            options = _table(table, "ini_options")
            found = {name: _as_text(value) for name, value in options.items()}
        else:
            found = _ini(text, section)
        if found:
            return found
    return {}


def _as_text(value: object) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


def tests_folder(layout: Layout, settings: Mapping[str, str]) -> tuple[str, str]:
    """Give the folder of the new tests, and why it is that."""
    named = settings.get("testpaths", "").split()
    if named:
        return f"{named[0].strip('/')}/{TESTS}", "testpaths"
    folders = sorted(
        {
            folder
            for module in layout.project.modules
            if module.is_test and (folder := _folder_of_tests(module.path))
        },
        key=lambda folder: (folder.count("/"), folder),
    )
    if folders:
        return f"{folders[0]}/{TESTS}", f"the tests are in {folders[0]}/"
    return f"tests/{TESTS}", "there is no folder of tests"


def _folder_of_tests(path: str) -> str:
    """Give the outermost folder called `tests` that a file is in."""
    parts = path.split("/")[:-1]
    for number, part in enumerate(parts):
        if part in ("tests", "test"):
            return "/".join(parts[: number + 1])
    return ""


def python_of(configurations: Mapping[str, str]) -> str:
    """Give what the project says of its Python, such as `>=3.10`."""
    content = _toml(configurations.get(_PYPROJECT, ""))
    return str(_table(content, "project").get("requires-python", ""))


def fastapi_option(release: Release | None) -> tuple[str, str, str]:
    """Choose the option `fastapi` by the project's release.

    Returns:
        The option, why it is that, and what is in the way, if anything.
    """
    if release is None:
        return "0.121", "FastAPI is not declared", ""
    why = f"FastAPI {release} is {release.how} in {release.source}"
    if release.at_least("0.121.1"):
        return "0.121", why, ""
    if release.at_least("0.106") is False:
        return "0.121", why, f"{why}: sessions from dependencies with yield need 0.106 or newer"
    if release.at_least("0.118") is False:
        return "0.106", why, ""
    if release.at_least("0.121.1") is False:
        obstacle = f"{why}: 0.118 to 0.121.0 commit after the response; update it to 0.121.1"
        return "0.121", why, obstacle
    return "0.121", f"{why}, which may be 0.121.1", ""


def database_option(layout: Layout) -> tuple[str, str, str]:
    """Choose the option `database` by the drivers and the URLs.

    Returns:
        The option, why it is that, and what is in the way, if anything.
    """
    releases = layout.project.releases
    found = {
        kind: f"{name} is {releases[name].how}"
        for kind, names in _DRIVERS.items()
        for name in sorted(names)
        if name in releases and releases[name].how != "installed"
    }
    for module in layout.serving:
        for scheme in _SCHEMES.findall(module.text):
            kind = "postgresql" if scheme == "postgres" else scheme
            found.setdefault(kind, f"{scheme} is named in {module.path}")
    known = [kind for kind in ("postgresql", "sqlite") if kind in found]
    others = [kind for kind in found if kind not in ("postgresql", "sqlite")]
    if others and not known:
        return "postgresql", found[others[0]], f"{found[others[0]]}: only PostgreSQL and SQLite go"
    if len(known) == 2:
        return "both", "; ".join(found[kind] for kind in known), ""
    if known:
        return known[0], found[known[0]], ""
    return "postgresql", "no driver is declared", ""


def _table(content: Mapping[str, Any], key: str) -> dict[str, Any]:
    value = content.get(key)
    return value if isinstance(value, dict) else {}


def _toml(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return {}


def _ini(text: str, section: str) -> dict[str, str]:
    parser = ConfigParser(interpolation=None)
    try:
        parser.read_string(text)
    except Error:
        return {}
    return dict(parser.items(section)) if parser.has_section(section) else {}
