"""The releases of a target's libraries: installed, locked or declared, whichever is surest."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

_REQUIREMENT = re.compile(
    r"\s*(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[(?P<extras>[^\]]*)\])?\s*\(?(?P<bounds>[^;#)]*)"
)
_BOUND = re.compile(r"(?P<operator>[=~<>!^]=?=?)\s*(?P<version>\d+(?:\.\d+)*)")
_PACKAGE = re.compile(
    r'^\[\[package\]\]\r?\nname = "(?P<name>[^"\\]+)"\r?\nversion = "(?P<version>[^"\\]+)"\r?$',
    re.MULTILINE,
)
"""An entry as all tools write it; to parse half a megabyte of TOML takes longer than the modules."""
_LOCKS = ("uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock")
_RANK = ("installed", "locked", "declared")
_MOST_BYTES = 20_000_000

How = Literal["installed", "locked", "declared"]


@dataclass(frozen=True, slots=True)
class Release:
    """What is known of the release of one library.

    Parameters:
        name: normalised, as package indexes spell it.
        how: how it is known.
        source: the file or folder that says so, relative to the project.
        version: the exact one, empty where only bounds are known.
        bounds: as they are declared, such as `>=2.0,<3`.
        extras: that are asked for, such as `asyncio`.
    """

    name: str
    how: How
    source: str
    version: str = ""
    bounds: str = ""
    extras: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.version or self.bounds or "any release"

    def at_least(self, version: str) -> bool | None:
        """Say whether it is this release or a newer one; None if it may be either."""
        wanted = _numbers(version)
        if self.version:
            return _numbers(self.version) >= wanted
        upper = lower = None
        for operator, bound in _bounds(self.bounds):
            numbers = _numbers(bound)
            if operator in (">=", ">", "~=", "^", "~"):
                lower = numbers
            if operator in ("<", "<="):
                upper = numbers
            if operator in ("~=", "~", "^"):
                upper = _next(bound, operator)
        if lower is not None and lower >= wanted:
            return True
        return False if upper is not None and upper <= wanted else None


def read_releases(root: Path) -> dict[str, Release]:
    """Read what a project's environment, lock files and declarations say.

    Parameters:
        root: the project's folder.

    Returns:
        The surest of each library, by its normalised name, with all extras that are declared.
    """
    found: dict[str, Release] = {}
    extras: dict[str, set[str]] = {}
    folders = [root, *sorted(path for path in _folders(root))]
    for how in _RANK:
        for folder in folders:
            for release in _OF_KIND[how](folder, root):
                found.setdefault(release.name, release)
                extras.setdefault(release.name, set()).update(release.extras)
    return {
        name: Release(
            each.name, each.how, each.source, each.version, each.bounds, tuple(sorted(extras[name]))
        )
        for name, each in found.items()
    }


def _folders(root: Path) -> Iterator[Path]:
    """Give the folders below in which a service of a repository could declare its own."""
    try:
        entries = sorted(root.iterdir())
    except OSError:
        return
    for entry in entries:
        foreign = entry.name[:1] == "." or entry.name in ("node_modules", "venv", "env")
        if not foreign and entry.is_dir() and not entry.is_symlink():
            yield entry


def _installed(folder: Path, root: Path) -> Iterator[Release]:
    for name in (".venv", "venv", "env"):
        for pattern in ("lib/python3*/site-packages", "Lib/site-packages"):
            for site in sorted((folder / name).glob(pattern)):
                for info in sorted(site.glob("*.dist-info")):
                    project, _, version = info.name.removesuffix(".dist-info").rpartition("-")
                    if project and _numbers(version):
                        yield Release(_normal(project), "installed", _name(site, root), version)


def _locked(folder: Path, root: Path) -> Iterator[Release]:
    for name in _LOCKS:
        text = _text(folder / name)
        entries = [(each["name"], each["version"]) for each in _PACKAGE.finditer(text)]
        if entries and len(entries) == text.count("[[package]]"):
            for project, version in entries:
                yield Release(_normal(project), "locked", _name(folder / name, root), version)
            continue
        content = _data(folder / name)
        packages = content.get("package", [])
        for package in packages if isinstance(packages, list) else []:
            match package:
                case {"name": str(project), "version": str(version)}:
                    yield Release(_normal(project), "locked", _name(folder / name, root), version)
        default = content.get("default")
        for project, entry in default.items() if isinstance(default, dict) else ():
            match entry:
                case {"version": str(version)}:
                    version = version.lstrip("=")
                    yield Release(_normal(project), "locked", _name(folder / name, root), version)


def _declared(folder: Path, root: Path) -> Iterator[Release]:
    path = folder / "pyproject.toml"
    for text in _strings(_data(path)):
        yield from _requirement(text, _name(path, root))
    places = [*sorted(folder.glob("*requirements*.txt")), *sorted(folder.glob("*requirements*.in"))]
    places += [*sorted((folder / "requirements").glob("*.txt")), folder / "setup.cfg"]
    for path in places:
        for line in _text(path).splitlines():
            yield from _requirement(line, _name(path, root))


_OF_KIND = {"installed": _installed, "locked": _locked, "declared": _declared}


def _strings(content: dict[str, Any]) -> Iterator[str]:
    """Give every requirement of a `pyproject.toml`, whichever tool it is written for."""
    project = content.get("project")
    if isinstance(project, dict):
        yield from _texts(project.get("dependencies"))
        optional = project.get("optional-dependencies")
        for group in optional.values() if isinstance(optional, dict) else ():
            yield from _texts(group)
    groups = content.get("dependency-groups")
    for group in groups.values() if isinstance(groups, dict) else ():
        yield from _texts(group)
    tool = content.get("tool")
    poetry = tool.get("poetry") if isinstance(tool, dict) else None
    if isinstance(poetry, dict):
        tables = [poetry.get("dependencies"), poetry.get("dev-dependencies")]
        nested = poetry.get("group")
        for group in nested.values() if isinstance(nested, dict) else ():
            tables.append(group.get("dependencies") if isinstance(group, dict) else None)
        for table in tables:
            for name, value in table.items() if isinstance(table, dict) else ():
                yield _of_poetry(name, value)


def _of_poetry(name: str, value: Any) -> str:
    match value:
        case str():
            version, extras = value, []
        case {"version": str(version)}:
            extras = [each for each in value.get("extras", []) if isinstance(each, str)]
        case _:
            version, extras = "", []
    if version[:1].isdigit():
        version = f"=={version}"
    return f"{name}[{','.join(extras)}]{'' if version == '*' else version}"


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        yield from (each for each in value if isinstance(each, str))


def _requirement(text: str, source: str) -> Iterator[Release]:
    found = _REQUIREMENT.match(text)
    if found is None or text.lstrip().startswith(("-", "#", "[")):
        return
    bounds = found["bounds"].strip()
    exact = re.fullmatch(r"===?\s*(\d[\w.]*)", bounds)
    extras = tuple(part.strip() for part in (found["extras"] or "").split(",") if part.strip())
    version = exact[1] if exact else ""
    yield Release(_normal(found["name"]), "declared", source, version, bounds, extras)


def _data(path: Path) -> dict[str, Any]:
    text = _text(path)
    try:
        content = json.loads(text) if path.name == "Pipfile.lock" and text else tomllib.loads(text)
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def _text(path: Path) -> str:
    try:
        if not path.is_file() or path.stat().st_size > _MOST_BYTES:
            return ""
        return path.read_text(encoding="utf-8-sig", errors="replace")
    except OSError:
        return ""


def _name(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix()


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _bounds(text: str) -> Iterator[tuple[str, str]]:
    for found in _BOUND.finditer(text):
        yield found["operator"], found["version"]


def _numbers(version: str) -> tuple[int, ...]:
    found = re.match(r"\d+(?:\.\d+)*", version)
    numbers = [int(part) for part in found[0].split(".")] if found else []
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def _next(version: str, operator: str) -> tuple[int, ...]:
    """Give the first release that a `~=`, `~` or `^` bound no longer allows."""
    parts = [int(part) for part in version.split(".")]
    if operator == "^":
        place = next((number for number, part in enumerate(parts) if part), len(parts) - 1)
    else:
        place = max(len(parts) - 2, 0)
    return (*parts[:place], parts[place] + 1)
