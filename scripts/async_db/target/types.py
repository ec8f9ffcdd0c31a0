"""What a name or an expression is, as far as a look at the source tells.

A type is one of the classes below, or None where it is not known. A union of several is not known
either: whoever asks has to be sure. None in it does not count, so `Session | None` is a `Session`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass

from async_db.target.structure import Class, Function, Module


@dataclass(frozen=True, slots=True)
class Instance:
    """An object of a class.

    Parameters:
        of: the class: one of the target, or the canonical name of a library's.
        args: what it is made for: the class of session of a `sessionmaker`, the elements of a list.
    """

    of: Class | str
    args: tuple[Type | None, ...] = ()


@dataclass(frozen=True, slots=True)
class ClassObject:
    """A class of the target, itself."""

    of: Class
    args: tuple[Type | None, ...] = ()


@dataclass(frozen=True, slots=True)
class FunctionObject:
    """A function of the target, with the object that it is bound to if it is a method."""

    function: Function
    bound_to: Instance | ClassObject | None = None


@dataclass(frozen=True, slots=True)
class ModuleObject:
    """A module of the target, or the name of a folder that has modules of it below."""

    module: Module | str
    importer: Module


@dataclass(frozen=True, slots=True)
class LibraryObject:
    """Something of a library: a module, class or function, by its canonical name."""

    name: str
    bound_to: Instance | None = None


@dataclass(frozen=True, slots=True)
class Awaitable:
    """What gives `of` when it is awaited."""

    of: Type | None


@dataclass(frozen=True, slots=True)
class Manager:
    """What gives `of` in a `with` or `async with` block."""

    of: Type | None
    is_async: bool


@dataclass(frozen=True, slots=True)
class Iteration:
    """What gives one `of` after the other: an iterator, a generator, a list."""

    of: Type | None
    is_async: bool = False


@dataclass(frozen=True, slots=True)
class Returning:
    """A callable of which only what it gives is known."""

    of: Type | None


Type = (
    Instance
    | ClassObject
    | FunctionObject
    | ModuleObject
    | LibraryObject
    | Awaitable
    | Manager
    | Iteration
    | Returning
)


def joined(types: Iterable[Type | None]) -> Type | None:
    """Give the one type that all are, or None: one that is not known could be anything."""
    found: Type | None = None
    for each in types:
        if each is None or (found is not None and each != found):
            return None
        found = each
    return found


def is_none(node: ast.expr | None) -> bool:
    """Say whether an expression is None itself, which does not count."""
    return isinstance(node, ast.Constant) and node.value is None
