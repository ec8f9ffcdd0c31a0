"""A copy of a target for a type checker to read, changed so that it says what is asked."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from typing import TypeGuard

from async_db.modernizing.editing import Editing, edited
from async_db.target import Module

_REVEAL = "reveal_type"
_OTHERS = "_async_db_others"
_OTHER_THAN_ASCII = re.compile(r"[^\x00-\x7f]")


class Shadow:
    """The changed text of one file; every line stays where it is.

    Parameters:
        module: the file.
        path: where the copy lies below the shadow's folder, with slashes.
    """

    def __init__(self, module: Module, path: str) -> None:
        self.module = module
        self.path = path
        self._tree = module.tree or ast.parse(module.text)
        self._asked: dict[ast.expr, None] = {}
        self._annotated: dict[ast.arg, str] = {}
        self._imported: dict[str, None] = {}

    def ask(self, nodes: Iterable[ast.expr]) -> None:
        """Have the types of expressions revealed."""
        if _REVEAL not in self.module.text:  # where it reveals types itself, its notes come first
            self._asked |= dict.fromkeys(nodes)

    def annotate(self, argument: ast.arg, name: str, source: str) -> None:
        """Say of which type a parameter is.

        Parameters:
            argument: the parameter, which has no annotation.
            name: the type's, in the module that has it.
            source: that module.
        """
        self._annotated[argument] = name
        self._imported[f"from {source} import {name}"] = None

    @property
    def text(self) -> str:
        """The changed text; as it was, if the places in it cannot be told."""
        return self._written()[0]

    @property
    def asked_at(self) -> dict[tuple[int, int], ast.expr]:
        """The expressions that were asked for, by the line and column, from 1, of the copy."""
        return self._written()[1]

    def _written(self) -> tuple[str, dict[tuple[int, int], ast.expr]]:
        editing = Editing(self.module.text, self._tree)
        for node in self._asked:
            editing.wrap(node, f"{_REVEAL}(", ")")
        for argument, name in self._annotated.items():
            editing.wrap(argument, "", f": {name}")
        changed = edited(self.module.text, editing.replacements)
        changed += "".join(f"\n{line}" for line in self._imported) + "\n"
        # How mypy counts the columns behind other characters differs from release to release.
        changed = _OTHER_THAN_ASCII.sub("_", changed)
        try:
            tree = ast.parse(changed)
        except (SyntaxError, ValueError, RecursionError):
            return self.module.text, {}
        # What is revealed stands in the same order in both, the outer one first.
        reveals = sorted(filter(_is_reveal, ast.walk(tree)), key=_order)
        revealed = [node.args[0] for node in reveals]
        asked = sorted(self._asked, key=_order)
        if len(revealed) != len(asked):
            return self.module.text, {}
        pairs = zip(revealed, asked, strict=True)
        return changed, {(new.lineno, new.col_offset + 1): old for new, old in pairs}


def copy_paths(modules: Iterable[Module]) -> dict[Module, str]:
    """Say where the copy of each file lies, so that it is imported by the name it has.

    A file whose name another one has already lies apart, where it still imports the others.
    """
    taken: set[str] = set()
    found: dict[Module, str] = {}
    for module in modules:
        name = module.names[0] if module.names else module.name
        path = name.replace(".", "/") + ("/__init__.py" if module.is_package else ".py")
        if path in taken or not all(part.isidentifier() for part in name.split(".")):
            path = f"{_OTHERS}/m{len(found)}.py"
        taken.add(path)
        found[module] = path
    return found


def is_exact(module: Module, node: ast.expr) -> bool:
    """Say whether an expression stands where `ast` says, which it does not in some f-strings."""
    source = Editing(module.text, module.tree or ast.parse(module.text)).source(node)
    try:
        parsed = ast.parse(f"({source}\n)", mode="eval").body
    except (SyntaxError, ValueError, RecursionError):
        return False
    return ast.dump(parsed) == ast.dump(node)


def _is_reveal(node: ast.AST) -> TypeGuard[ast.Call]:
    match node:
        case ast.Call(func=ast.Name(id=name), args=[_]):
            return name == _REVEAL
    return False


def _order(node: ast.expr) -> tuple[int, int, int, int]:
    return node.lineno, node.col_offset, -(node.end_lineno or 0), -(node.end_col_offset or 0)
