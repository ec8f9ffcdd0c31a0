"""Rendered modules under other names: another package, other module names, other classes."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from async_db.scaffold.houses import Symbol
from async_db.scaffold.naming import PLACEHOLDERS

TOKEN = PLACEHOLDERS.package
"""The package's name while a tree has not been given its place."""
_MENTIONED = re.compile(rf"\b{TOKEN}(?:\.\w+)*|\btests(?:\.\w+)+")


@dataclass(frozen=True)
class Moves:
    """What is called otherwise.

    Parameters:
        modules: import names of packages and modules, those with a dot first relative to whoever
            imports them; the longest that fits counts.
        symbols: of what modules define, by module and name, what is used instead.
    """

    modules: Mapping[str, str]
    symbols: Mapping[tuple[str, str], Symbol]

    def module(self, name: str) -> str:
        """Give the new import name of a module."""
        above = name
        while above:
            if above in self.modules:
                moved = self.modules[above] + name[len(above) :]
                # What begins with a dot is beside whoever imports it; of no package nothing is left.
                return moved if self.modules[above].startswith(".") else moved.strip(".")
            above = above.rpartition(".")[0]
        return name


@dataclass(frozen=True)
class Edit:
    """Another text in the place of some of a module; lines from 1, columns in bytes from 0."""

    start: tuple[int, int]
    end: tuple[int, int]
    text: str


def relocated(text: str, own: str, known: Collection[str], moves: Moves) -> str:
    """Give a module's text with all that it imports under the new names.

    Parameters:
        text: a rendered module.
        own: its new import name, from which it may import relatively.
        known: the import names of all rendered modules, as they were.
        moves: what is called otherwise.
    """
    tree = ast.parse(text)
    edits: list[Edit] = []
    renamed: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and _is_moved(node, moves):
            lines, names = _imports(node, known, moves)
            renamed |= names
            indent = " " * node.col_offset
            edits.append(_edit(node, f"\n{indent}".join(lines)))
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in renamed:
            edits.append(_edit(node, renamed[node.id]))
    return _MENTIONED.sub(lambda found: _mentioned(found[0], own, moves), edited(text, edits))


def _is_moved(node: ast.ImportFrom, moves: Moves) -> bool:
    module = node.module or ""
    is_ours = module.partition(".")[0] in (TOKEN, "tests")
    others = any((module, alias.name) in moves.symbols for alias in node.names)
    return node.level == 0 and (is_ours or others)


def _edit(node: ast.expr | ast.stmt, text: str) -> Edit:
    end = (node.end_lineno or node.lineno, node.end_col_offset or node.col_offset)
    return Edit((node.lineno, node.col_offset), end, text)


def _imports(
    node: ast.ImportFrom, known: Collection[str], moves: Moves
) -> tuple[list[str], dict[str, str]]:
    """Give the statements that import the same from its new places, and what is called otherwise."""
    lines, renamed = [], {}
    module = node.module or ""
    kept = []
    for alias in node.names:
        used = alias.asname or alias.name
        if (module, alias.name) in moves.symbols:
            symbol = moves.symbols[module, alias.name]
            lines.append(f"from {symbol.module} import {symbol.name}")
            if symbol.name != used:
                renamed[used] = symbol.name
        elif f"{module}.{alias.name}" in known:
            above, _, last = moves.module(f"{module}.{alias.name}").rpartition(".")
            called = f"{last} as {used}" if last != used else last
            lines.append(f"from {above} import {called}" if above else f"import {called}")
        else:
            kept.append(alias)
    if kept:
        names = ", ".join(a.name if a.asname is None else f"{a.name} as {a.asname}" for a in kept)
        lines.append(f"from {moves.module(module)} import {names}")
    return lines, renamed


def _mentioned(name: str, own: str, moves: Moves) -> str:
    """Give the new name of a module that a text mentions."""
    return moves.module(name) if name != TOKEN else moves.modules.get(TOKEN, name) or own


def edited(text: str, edits: Iterable[Edit]) -> str:
    """Give a text with all edits made, none of which overlap."""
    lines = [line.encode() for line in text.splitlines(keepends=True)]
    for edit in sorted(edits, key=lambda each: each.start, reverse=True):
        (first, start), (last, end) = edit.start, edit.end
        changed = lines[first - 1][:start] + edit.text.encode() + lines[last - 1][end:]
        lines[first - 1 : last] = [changed]
    return b"".join(lines).decode()


def module_of(path: PurePosixPath) -> str:
    """Give the import name of a rendered file, from the project's folder."""
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def modules_in(paths: Collection[PurePosixPath]) -> Iterator[str]:
    """Give the import names of the modules among files."""
    return (module_of(path) for path in paths if path.suffix == ".py")
