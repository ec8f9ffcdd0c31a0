"""What imports bind, through packages, star imports and renaming; where a name is set."""

from __future__ import annotations

import ast

from async_db.target import libraries
from async_db.target.layout import ModuleIndex
from async_db.target.resolver import Resolver
from async_db.target.structure import Binding, Module, Scope, scopes_outwards
from async_db.target.types import ClassObject, LibraryObject, ModuleObject, Type

_MOST_HOPS = 20
"""So many modules that pass a name on are no code that somebody has written."""
_STARRED = ("select", "text", "create_engine")
"""Functions that are taken for a library's where all of its names are imported."""


def member_type(target: str, name: str, importer: Module, types: Resolver) -> Type | None:
    """Give what `from target import name` binds in a module."""
    if not target.startswith(".") and libraries.is_library(target):
        return LibraryObject(libraries.canonical(f"{target}.{name}"))
    module = types.index.find(target, importer)
    if module is not None:
        found = types.in_module(module, name)
        if found is not None or name in module.bindings:
            return found
    dotted = f"{target}{name}" if target.endswith(".") else f"{target}.{name}"
    below = types.index.find(dotted, importer)
    if below is not None:
        return ModuleObject(below, importer)
    if types.index.has_below(dotted, importer):
        return ModuleObject(dotted, importer)
    if target.startswith(".") or module is not None:
        return None
    return LibraryObject(libraries.canonical(f"{target}.{name}"))


def imported_type(target: str, importer: Module, index: ModuleIndex) -> Type | None:
    """Give what `import target` binds in a module."""
    if libraries.is_library(target):
        return LibraryObject(target)
    module = index.find(target, importer)
    if module is not None:
        return ModuleObject(module, importer)
    if index.has_below(target, importer):
        return ModuleObject(target, importer)
    return LibraryObject(target)


def starred_type(module: Module, name: str, types: Resolver) -> Type | None:
    """Give what a name is that a module has by `from … import *`."""
    for star in reversed(module.stars):
        if not star.startswith(".") and libraries.is_library(star):
            if name[:1].isupper() or name in _STARRED:
                return LibraryObject(libraries.canonical(f"{star}.{name}"))
            continue
        other = types.index.find(star, module)
        found = types.in_module(other, name) if other is not None else None
        if found is not None:
            return found
    return None


def locate(
    scope: Scope, name: str, index: ModuleIndex, hops: int = 0
) -> tuple[Binding, Scope] | None:
    """Give the one place where a name is set, through imports and star imports.

    Parameters:
        scope: where the name is used.
        name: the name.
        index: finds the modules that it is imported from.
        hops: how many modules passed it on already.
    """
    where = next((each for each in scopes_outwards(scope) if name in each.bindings), None)
    if where is None:
        for star in scope.module.stars:
            other = index.find(star, scope.module)
            if other is not None and other is not scope.module and hops < _MOST_HOPS:
                found = locate(other, name, index, hops + 1)
                if found is not None:
                    return found
        return None
    bindings = where.bindings[name]
    binding = next((each for each in bindings if each.typing_only), bindings[-1])
    if binding.kind == "from" and hops < _MOST_HOPS:
        other = index.find(binding.target, where.module)
        if other is not None and not libraries.is_library(binding.target):
            return locate(other, binding.name, index, hops + 1)
    return binding, where


def aliased(node: ast.expr, scope: Scope, types: Resolver) -> tuple[ast.expr, Scope] | None:
    """Give the expression that a name or attribute was set to once, and where that stands."""
    found: tuple[Binding, Scope] | None = None
    if isinstance(node, ast.Name):
        found = types.locate(scope, node.id)
    elif isinstance(node, ast.Attribute):
        holder = types.of(node.value, scope)
        if isinstance(holder, ModuleObject) and isinstance(holder.module, Module):
            found = types.locate(holder.module, node.attr)
        elif isinstance(holder, ClassObject):
            found = types.locate(holder.of, node.attr)
    if found is None:
        return None
    binding, where = found
    if binding.kind in ("assign", "annotated") and binding.value is not None:
        return binding.value, where
    return None
