"""The classes that a type checker names: those of the target, and those of libraries."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping

from async_db.modernizing.oracle.revealed import classes_of, returned_by
from async_db.target import Class, Function, Instance, Module, Project, Scope, libraries

_LIBRARIES = ("sqlalchemy.", "sqlmodel.", "starlette.testclient.", "fastapi.testclient.")

_WHERE = {"starlette.TestClient": "starlette.testclient.TestClient"}
"""Which module has a class, where the model calls it otherwise."""
_DOTTED = re.compile(r"[A-Za-z_]\w*(?:\.\w+)+")
_GENERAL = {"RowReturningQuery": "Query"}
"""What only type checkers tell from the class that has its methods."""


class Classes:
    """Finds what a method is, by the name that a type checker has for the class.

    Parameters:
        project: the target's model.
        paths: where the copies of its files lie, by which the checker names them.
    """

    def __init__(self, project: Project, paths: Mapping[Module, str]) -> None:
        self._types = project.types
        self._names = {
            module: path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
            for module, path in paths.items()
        }
        self._modules = {name: module for module, name in self._names.items()}

    def own(self, name: str) -> Class | None:
        """Give a class of the target's, by its full name."""
        module, rest = self._split(name)
        scope: Scope | None = self._modules.get(module)
        for part in rest:
            bound = scope.bindings.get(part) if scope is not None else None
            made = bound[-1].definition if bound else None
            scope = made if isinstance(made, Class) else None
        return scope if isinstance(scope, Class) else None

    def full_name(self, of: Instance) -> str:
        """Give the name by which a type checker knows the class of an object."""
        if isinstance(of.of, str):
            return _WHERE.get(of.of, of.of) if "." in of.of else ""
        return f"{self._names[of.of.module]}.{of.of.qualname}"

    def method(self, name: str, method: str) -> Function | str:
        """Give a method of a class: the target's function, or a library's dotted name.

        Parameters:
            name: the class's full one.
            method: the method's.
        """
        own = self.own(name)
        if own is None:
            return _of_library(name, method)
        found = self._types.find_method(own, method)
        if found is not None:
            return found
        for base in self._types.mro(own):
            if isinstance(base, str) and base.startswith(_LIBRARIES):
                return f"{base}.{method}"
        return ""

    def alias(self, revealed: str, name: str) -> str:
        """Give lines that give a type a name, for annotations; nothing if it is not one class's.

        Parameters:
            revealed: the type, as mypy writes it.
            name: the one to give it.
        """
        given = returned_by(revealed) or revealed
        classes = classes_of(given)
        if len(classes) != 1:
            return ""
        written = given.replace("?", "").replace("*", "")
        if not _is_expression(written):
            (written,) = classes
        modules = sorted({self._module_of(each) for each in _DOTTED.findall(written)} - {""})
        imports = "".join(f"import {module}\n" for module in modules)
        if returned_by(revealed):
            return f"import typing\n{imports}{name} = typing.Callable[..., {written}]\n"
        return f"{imports}{name} = {written}\n"

    def _module_of(self, name: str) -> str:
        return self._split(name)[0] or name.rpartition(".")[0]

    def _split(self, name: str) -> tuple[str, list[str]]:
        """Give the module of the target's that a full name begins with, and the rest."""
        parts = name.split(".")
        for length in range(len(parts) - 1, 0, -1):
            module = ".".join(parts[:length])
            if module in self._modules:
                return module, parts[length:]
        return "", parts


def _is_expression(text: str) -> bool:
    try:
        ast.parse(text, mode="eval")
    except (SyntaxError, ValueError, RecursionError):
        return False
    return True


def _of_library(name: str, method: str) -> str:
    if not name.startswith(_LIBRARIES):
        return ""
    last = name.rpartition(".")[2]
    if name.startswith("sqlalchemy.orm."):
        return f"sqlalchemy.orm.{_GENERAL.get(last, last)}.{method}"
    return f"{libraries.canonical(name)}.{method}"
