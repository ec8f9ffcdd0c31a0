"""The scaffolds that rules are proved on: rules whose options are alike share one."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from async_db.proving.evidence.results import installed_releases
from async_db.proving.releases.sets import scaffold_options
from async_db.proving.request import Request
from async_db.rules.catalogue import Rule
from async_db.scaffold.rendering import render_project

PROOFS = PurePosixPath("tests/proofs")


@dataclass(frozen=True)
class Group:
    """Rules that share a scaffold, and the options that it is rendered with."""

    options: tuple[tuple[str, str], ...]
    rules: tuple[Rule, ...]

    @property
    def usual(self) -> bool:
        """Whether this is the scaffold with default options, whose own tests are run too."""
        return not self.options

    def __str__(self) -> str:
        return "".join(f" {name}={value}" for name, value in self.options)


def groups_of(rules: Sequence[Rule], database: str) -> list[Group]:
    """Group the rules that hold on a database by their options; those without any come first."""
    groups: dict[tuple[tuple[str, str], ...], list[Rule]] = {(): []}
    for rule in rules:
        if database in rule.databases:
            groups.setdefault(tuple(sorted(rule.options.items())), []).append(rule)
    return [Group(options, tuple(members)) for options, members in groups.items()]


def render_scaffolds(
    request: Request, groups: Sequence[tuple[str, Group]], work: Path
) -> list[Path]:
    """Render the scaffolds, one after the other: ruff is not found by threads."""
    return [_scaffold(request, work, database, group) for database, group in groups]


def _scaffold(request: Request, work: Path, database: str, group: Group) -> Path:
    """Render the scaffold for a database, with the pack's proofs among its tests."""
    project = work / database / f"scaffold{group}".replace(" ", "-") / "project"
    installed = scaffold_options(installed_releases(None))
    options = {"database": database, **installed, **dict(group.options)}
    tree = render_project(request.root / "templates", options)
    for path, text in tree.items():
        (project / path).parent.mkdir(parents=True, exist_ok=True)
        (project / path).write_text(text, encoding="utf-8", newline="")
    proofs = request.root / PROOFS
    if proofs.is_dir():
        shutil.copytree(proofs, project / PROOFS, ignore=shutil.ignore_patterns("__pycache__"))
    return project


def service_paths(project: Path) -> list[str]:
    """Give the service's own tests: what is in `tests/` besides the proofs."""
    tests = project / "tests"
    return [
        path.relative_to(project).as_posix()
        for path in sorted(tests.iterdir() if tests.is_dir() else ())
        if path.name != PROOFS.name and (path.is_dir() or path.match("test_*.py"))
    ]
