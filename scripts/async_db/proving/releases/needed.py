"""What the project file says that verification needs."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from async_db.proving.releases.environments import EnvironmentsError


def needed_to_verify(root: Path) -> list[str]:
    """Read the dependencies of the extra `verify` from the project file of a pack.

    Raises:
        EnvironmentsError: it names none.
    """
    path = root / "pyproject.toml"
    try:
        project = tomllib.loads(path.read_text(encoding="utf-8"))["project"]
        return _of_extra("verify", project)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, KeyError) as error:
        raise EnvironmentsError(f"{path}: names no dependencies to install: {error}") from error


def _of_extra(name: str, project: Mapping[str, Any]) -> list[str]:
    """Give what an extra names, with what the project's other extras do that it takes in."""
    taken_in = re.compile(rf"{re.escape(project.get('name', ''))}\[([\w, ]+)\]")
    found: list[str] = []
    for dependency in project["optional-dependencies"][name]:
        extras = taken_in.fullmatch(dependency)
        if extras is None:
            found.append(dependency)
        else:
            for extra in extras[1].split(","):
                found += _of_extra(extra.strip(), project)
    return found
