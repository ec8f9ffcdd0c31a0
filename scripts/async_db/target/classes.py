"""What classes have: what they inherit from, and what their attributes are."""

from __future__ import annotations

import ast

from async_db.target import libraries
from async_db.target.functions import PROPERTIES
from async_db.target.resolver import Resolver
from async_db.target.structure import Class, Function, Module
from async_db.target.types import (
    ClassObject,
    FunctionObject,
    Instance,
    LibraryObject,
    ModuleObject,
    Type,
    is_none,
    joined,
)

_MOST_BASES = 60


def attribute_type(of: Type | None, name: str, types: Resolver) -> Type | None:
    """Give what an attribute of something is.

    Parameters:
        of: the thing.
        name: the attribute's.
        types: answers what its parts are.
    """
    # By classes and not by patterns, which take three times as long for the commonest question.
    if isinstance(of, Instance):
        own = of.of
        if isinstance(own, str):
            return _library_attribute(of, own, name, types)
        return types.own_attribute(of, own, name)
    if isinstance(of, LibraryObject):
        bound = of.bound_to is not None
        return None if bound else LibraryObject(libraries.canonical(f"{of.name}.{name}"))
    if isinstance(of, ClassObject):
        return types.own_attribute(of, of.of, name)
    if isinstance(of, ModuleObject):
        return _module_attribute(of, name, types)
    return None


def _module_attribute(of: ModuleObject, name: str, types: Resolver) -> Type | None:
    module = of.module
    if not isinstance(module, Module):
        return types.member(module, name, of.importer)
    found = types.in_module(module, name)
    if found is not None or name in module.bindings:
        return found
    below = types.index.find(f"{module.name}.{name}", module)
    return ModuleObject(below, of.importer) if below is not None else None


def _library_attribute(of: Instance, library: str, name: str, types: Resolver) -> Type | None:
    if library == libraries.STATE:
        return types.of_state(name)
    found = libraries.attribute_gives(library, name)
    return found if found is not None else LibraryObject(f"{library}.{name}", of)


def own_attribute_type(
    of: Instance | ClassObject, own: Class, name: str, types: Resolver
) -> Type | None:
    """Give what an attribute is of a class of the target, or of an object of one."""
    for each in types.mro(own):
        if isinstance(each, str):
            if isinstance(of, Instance):
                return _library_attribute(of, each, name, types)
            return LibraryObject(libraries.canonical(f"{each}.{name}"))
        if name in each.bindings:
            return _class_attribute(of, each, name, types)
        if name in each.attributes and isinstance(of, Instance):
            return _set_on_self(each, name, types)
    return None


def _class_attribute(
    of: Instance | ClassObject, each: Class, name: str, types: Resolver
) -> Type | None:
    definition = each.bindings[name][-1].definition
    if isinstance(definition, Function):
        decorators = types.decorators(definition)
        bound = FunctionObject(definition, of)
        if decorators & PROPERTIES:
            return types.returned(bound) if isinstance(of, Instance) else None
        if "staticmethod" in decorators:
            return FunctionObject(definition)
        return bound
    found = types.bound(each, name)
    if found is None and name in each.attributes and isinstance(of, Instance):
        return _set_on_self(each, name, types)
    return found


def _set_on_self(owner: Class, name: str, types: Resolver) -> Type | None:
    places = owner.attributes[name]
    declared = [each for each in places if each[0].annotation is not None]
    return joined(
        types.of_binding(binding, function, name)
        for binding, function in (declared[:1] or places)
        if not is_none(binding.value) or binding.annotation is not None
    )


def named_bases(of: Class, types: Resolver) -> list[Class | str]:
    """Give the classes that a class names as its bases, as far as they are known."""
    found: list[Class | str] = []
    for base in of.node.bases:
        value = base.value if isinstance(base, ast.Subscript) else base
        match types.of(value, of.parent or of):
            case ClassObject(of=known):
                found.append(known)
            case LibraryObject(name=name):
                found.append(name)
    return found


def inherited(of: Class, types: Resolver) -> list[Class | str]:
    """Give a class and what it inherits from, in the order in which names are looked up."""
    found: list[Class | str] = []

    def add(each: Class | str) -> None:
        if each in found:
            found.remove(each)  # a common base comes after all that have it
        found.append(each)
        if isinstance(each, str):
            found.extend(name for name in libraries.library_bases(each) if name not in found)
        elif len(found) < _MOST_BASES:
            for base in types.bases(each):
                if base is not of:
                    add(base)

    add(of)
    return found
