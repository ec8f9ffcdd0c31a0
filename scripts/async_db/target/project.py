"""A target, read: its modules, what was skipped and why, its types, calls and releases."""

from __future__ import annotations

import gc
from collections.abc import Iterator, MutableMapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from async_db.target.calls import Calls
from async_db.target.files import LIBRARIES, SkippedFile, SourceFile, read_files
from async_db.target.inference import Types
from async_db.target.layout import ModuleIndex, import_names
from async_db.target.parsing import NotUnderstood
from async_db.target.reading import read_module
from async_db.target.releases import Release, read_releases
from async_db.target.relevance import that_matter
from async_db.target.structure import Function, Module
from async_db.target.web import Web

_CONFIGURATIONS = (
    "pyproject.toml",
    "pytest.ini",
    "setup.cfg",
    "tox.ini",
    "alembic.ini",
    "ruff.toml",
    ".ruff.toml",
    ".flake8",
)
_MOST_OF_CONFIGURATION = 1_000_000


class TargetError(Exception):
    """A target cannot be read at all; the message is one line."""


@dataclass(frozen=True)
class Project:
    """One model of a target, for all that read or change it.

    Parameters:
        root: its folder.
        modules: what was parsed, in the order of their paths.
        skipped: what was not, and why.
        irrelevant: how many files were read and not parsed, since they cannot matter.
        releases: what is known of its libraries, by their names.
        configurations: the texts of the files that configure its tools, by their paths.
    """

    root: Path
    modules: tuple[Module, ...]
    skipped: tuple[SkippedFile, ...]
    irrelevant: int
    releases: dict[str, Release]
    configurations: dict[str, str] = field(default_factory=dict)

    @cached_property
    def index(self) -> ModuleIndex:
        return ModuleIndex(self.modules)

    @property
    def types(self) -> Types:
        return self.calls.types

    @cached_property
    def calls(self) -> Calls:
        return Calls(Types(self.modules, self.index))

    @cached_property
    def web(self) -> Web:
        return Web(self.types, self.calls)

    @property
    def functions(self) -> Iterator[Function]:
        for module in self.modules:
            yield from module.all_functions

    @cached_property
    def lines(self) -> int:
        """How many lines were parsed."""
        return sum(module.text.count("\n") for module in self.modules)

    @cached_property
    def speaks_of_databases(self) -> bool:
        """Whether any file names a library that this is about."""
        return any(
            LIBRARIES.search(module.text.encode(errors="replace")) for module in self.modules
        )

    def release(self, name: str) -> Release | None:
        return self.releases.get(name)


def read_project(root: Path) -> Project:
    """Read a project; nothing of it is imported or run.

    Parameters:
        root: its folder, or one file.

    Raises:
        TargetError: there is no such folder, or no Python in it.
    """
    if not root.exists():
        raise TargetError(f"{root}: no such file or folder")
    if not (root.is_dir() or root.is_file()):
        raise TargetError(f"{root}: neither a folder nor a file")
    sources, skipped = read_files(root)
    if not sources and not skipped:
        raise TargetError(f"{root}: no Python file in it")
    with without_collecting():
        modules, failed = parse(sources)
    return Project(
        root=root,
        modules=tuple(modules),
        skipped=tuple(sorted([*skipped, *failed], key=lambda each: each.path)),
        irrelevant=len(sources) - len(modules) - len(failed),
        releases=read_releases(root if root.is_dir() else root.parent),
        configurations=_configurations(root if root.is_dir() else root.parent),
    )


def _configurations(root: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    for name in _CONFIGURATIONS:
        for path in sorted([root / name, *root.glob(f"*/{name}")]):
            try:
                if path.is_file() and path.stat().st_size < _MOST_OF_CONFIGURATION:
                    text = path.read_text(encoding="utf-8", errors="replace")
                    found[path.relative_to(root).as_posix()] = text
            except OSError:
                continue  # what cannot be read configures nothing
    return found


def parse(
    sources: Sequence[SourceFile], known: MutableMapping[tuple[str, bytes], Module] | None = None
) -> tuple[list[Module], list[SkippedFile]]:
    """Parse what matters; give the modules, and what this Python cannot parse.

    Parameters:
        sources: the files.
        known: the modules that were read before, by the paths and bytes of their files, for who
            reads a project several times; what is read is added.
    """
    packages = {
        source.path.rpartition("/")[0]
        for source in sources
        if source.path.rpartition("/")[2] == "__init__.py"
    } - {""}
    modules: list[Module] = []
    failed: list[SkippedFile] = []
    names = {source.path: import_names(source.path, packages) for source in sources}
    mattering = that_matter(sources, names)
    for source in sorted(sources, key=lambda each: each.path):
        if source.path in mattering:
            key = (source.path, source.data)
            if known is not None and key in known:
                modules.append(known[key])
                continue
            try:
                modules.append(read_module(source.path, names[source.path], source.data))
                if known is not None:
                    known[key] = modules[-1]
            except NotUnderstood as error:
                failed.append(SkippedFile(source.path, str(error)))
    return modules, failed


@contextmanager
def without_collecting() -> Iterator[None]:
    """Keep the garbage collector from looking at millions of nodes that all stay, again and again."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
            gc.freeze()
