"""The order of imports: lower subsystems never import upper ones, and nothing imports in a circle.

The contracts between the subsystems are in `pyproject.toml`; what they cannot say is here.
"""

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from async_db import proving

COMMANDS = frozenset(
    {"audit", "faults", "modernize", "observe", "render", "verify", "with_postgres"}
)
# The plugin loads these under another name, beside a package of the target's that is called as ours.
LOADED_BY_THE_PLUGIN = (
    *("findings", "observing", "pages", "records", "rules", "running", "traces", "watching"),
)
# `observe` runs in the environment of the service that it watches, whatever else that has.
INSTALLED: dict[str, frozenset[str]] = {
    "auditing": frozenset(),  # the audit runs on a Python that has nothing else
    "findings": frozenset(),
    "modernizing": frozenset(),
    "observing": frozenset({"pytest"}),
    "pages": frozenset(),
    "records": frozenset(),
    "rules": frozenset(),
    "running": frozenset(),
    "target": frozenset(),
    "traces": frozenset(),
    "watching": frozenset({"sqlalchemy", "starlette", "fastapi"}),  # fastapi as a type only
}
# Their `__init__` exports all that others use of them.
CLOSED = (
    *("auditing", "faults", "findings", "modernizing", "pages", "proving", "records", "rules"),
    *("running", "scaffold", "servers", "target", "traces", "watching"),
)


def test_the_contracts_hold(root: Path) -> None:
    done = subprocess.run(  # noqa: S603 (our own tool, arguments as a list)
        [Path(sys.executable).with_name("lint-imports"), "--no-cache", "--no-logo"],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root / "scripts")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Contracts: 2 kept, 0 broken." in done.stdout


def test_commands_are_on_top_and_import_no_other(root: Path) -> None:
    scripts = root / "scripts"
    commands = {path.stem for path in scripts.glob("*.py")}
    assert commands == COMMANDS

    upwards = [
        f"{path.relative_to(root)}:{line} imports {module}"
        for path in scripts.rglob("*.py")
        for line, module in imported(path)
        if module.partition(".")[0] in commands
    ]
    assert upwards == []


@pytest.mark.parametrize("folder", CLOSED)
def test_others_import_from_the_folder_and_not_from_its_modules(root: Path, folder: str) -> None:
    package = f"async_db.{folder}"
    # A subsystem's own tests look inside it; what the audit is tried on is no code of ours.
    own = (root / "scripts/async_db" / folder, root / "tests" / folder, root / "tests/audit")
    paths = [
        path
        for top in ("scripts", "tests")
        for path in (root / top).rglob("*.py")
        if not any(path.is_relative_to(inside) for inside in own)
    ]
    names = [
        (path, line, module)
        for path in paths
        for line, module in imported(path)
        if module == package or module.startswith(f"{package}.")
    ]
    assert names, "nothing imports it"

    inner = [
        f"{path.relative_to(root)}:{line}: {module}"
        for path, line, module in names
        if module != package
    ]
    assert inner == []


def test_what_verify_starts_with_is_light(root: Path) -> None:
    """It shows its progress at once, and its child processes import it too."""
    code = "import sys; sys.path.insert(0, sys.argv[1]); import verify; print(*sys.modules)"
    done = subprocess.run(  # noqa: S603 (this very Python)
        [sys.executable, "-c", code, str(root / "scripts")],
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = {name for name in done.stdout.split() if name.startswith("async_db.")}
    assert loaded == {
        "async_db.proving",
        "async_db.proving.arguments",
        "async_db.proving.terminal",
    }


@pytest.mark.parametrize("name", proving.__all__)
def test_all_that_proving_exports_is_there(name: str) -> None:
    assert getattr(proving, name) is not None


@pytest.mark.parametrize("folder", INSTALLED)
def test_what_observe_loads_needs_only_what_a_service_has(root: Path, folder: str) -> None:
    paths = list((root / "scripts/async_db" / folder).rglob("*.py"))
    assert paths
    needed = {module.partition(".")[0] for path in paths for _, module in imported(path)}
    assert needed - sys.stdlib_module_names - {"async_db"} == INSTALLED[folder]


@pytest.mark.parametrize("folder", LOADED_BY_THE_PLUGIN)
def test_what_the_plugin_loads_can_be_loaded_under_another_name(root: Path, folder: str) -> None:
    nodes = [
        node
        for path in (root / "scripts/async_db" / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_bytes()))
    ]
    imports = [node for node in nodes if isinstance(node, ast.ImportFrom)]
    assert any(node.level for node in imports)
    named = {node.module or "" for node in imports if not node.level}
    named |= {a.name for node in nodes if isinstance(node, ast.Import) for a in node.names}
    assert not {name for name in named if name.partition(".")[0] == "async_db"}


@cache
def imported(path: Path) -> tuple[tuple[int, str], ...]:
    """Tell which modules a file imports, wherever in it, and in which lines."""
    return tuple(_imports(path))


def _imports(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.lineno, absolute(node, path)


def absolute(node: ast.ImportFrom, path: Path) -> str:
    """Name what a module of the pack imports from: `from ..traces` is `async_db.traces`."""
    if not node.level or "scripts" not in path.parts:
        return node.module or ""
    package = path.parts[path.parts.index("scripts") + 1 : -node.level]
    return ".".join((*package, *filter(None, (node.module,))))
