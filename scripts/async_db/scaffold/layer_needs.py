"""What some files of the scaffold need of the project that they are written into."""

import ast
import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path, PurePosixPath

from async_db.scaffold.rendering import PYPROJECT, Tree

# Distributions whose module is called otherwise.
MODULES = {"python-json-logger": "pythonjsonlogger"}


@dataclass(frozen=True)
class MissingImport:
    """A module of the package that is imported but not there, and the layer that supplies it."""

    module: str
    layer: str | None


def missing_imports(
    whole: Tree,
    written: Collection[PurePosixPath],
    target: Path,
    package: str,
    layers: Mapping[PurePosixPath, str],
) -> list[MissingImport]:
    """What written files import from the package that is neither written nor in the target.

    Parameters:
        whole: the whole project, of which `written` is a part.
        written: the paths that are being written.
        target: the project they are written into.
        package: the name whose modules are looked for.
        layers: the layer of each path of the whole project.
    """

    def is_there(module: str) -> bool:
        return any(path in written or (target / path).is_file() for path in _places(module))

    def is_module(module: str) -> bool:
        return is_there(module) or any(path in whole for path in _places(module))

    needed: set[str] = set()
    for path in written:
        if path.suffix == ".py":
            for module, name in imports_of(path, whole[path]):
                submodule = f"{module}.{name}"
                needed.add(submodule if name and is_module(submodule) else module)
    return [
        MissingImport(
            module, next((layers[path] for path in _places(module) if path in layers), None)
        )
        for module in sorted(needed)
        if module.split(".")[0] == package and not is_there(module)
    ]


def requirements_of(whole: Tree, written: Collection[PurePosixPath]) -> list[str]:
    """What written files need installed, as the whole project's own dependencies say it.

    A dependency counts where its module is named at all, since drivers and log formatters are
    named in strings and never imported.

    Parameters:
        whole: the whole project with its pyproject.toml, of which `written` is a part.
        written: the paths that are being written.
    """
    project = tomllib.loads(whole.get(PYPROJECT, ""))
    groups = project.get("dependency-groups", {}).values()
    requirements = [*project.get("project", {}).get("dependencies", []), *chain(*groups)]
    text = "\n".join(whole[path] for path in written if path.suffix == ".py")
    return [line for line in requirements if re.search(rf"\b{_module_of(line)}\b", text)]


def _module_of(requirement: str) -> str:
    name = re.split(r"[^\w.-]", requirement, maxsplit=1)[0].lower()
    return MODULES.get(name, name.replace("-", "_"))


def _places(module: str) -> tuple[PurePosixPath, PurePosixPath]:
    path = PurePosixPath(*module.split("."))
    return path.with_suffix(".py"), path / "__init__.py"


def imports_of(path: PurePosixPath, source: str) -> Iterator[tuple[str, str]]:
    """Give every imported module, with the name taken from it or an empty one."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            # One dot is the file's own package, and each further dot the one around it.
            around = path.parts[: len(path.parts) - node.level] if node.level else ()
            module = ".".join([*around, *([node.module] if node.module else [])])
            yield from ((module, alias.name) for alias in node.names)
