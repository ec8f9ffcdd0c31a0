"""What functions give: what they return or yield, what their decorators make of it, fixtures."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping

from async_db.target.annotations import MANAGER_MAKERS, says_self
from async_db.target.resolver import Resolver
from async_db.target.structure import Class, Function, Module
from async_db.target.types import (
    Awaitable,
    FunctionObject,
    Instance,
    Iteration,
    LibraryObject,
    Manager,
    Type,
    is_none,
    joined,
)

PROPERTIES = frozenset(
    {"property", "cached_property", "functools.cached_property", "hybrid_property"}
)
"""Decorators that make a method run when an attribute is read."""


def returned_type(called: FunctionObject, types: Resolver) -> Type | None:
    """Give what a call of a function gives.

    Parameters:
        called: the function, and what it is bound to.
        types: answers what its parts are.
    """
    function = called.function
    given: Type | None = None
    if function.node.returns is not None:
        given = types.annotation(function.node.returns, function)
        if says_self(function.node.returns) and isinstance(called.bound_to, Instance):
            given = called.bound_to
    elif function.is_generator:
        values = [each.value for each in function.yields if isinstance(each, ast.Yield)]
        given = Iteration(
            joined(types.of(each, function) for each in values if not is_none(each) and each),
            function.is_async,
        )
    else:
        given = joined(types.of(each, function) for each in function.returns if not is_none(each))
    if function.is_generator and not isinstance(given, Iteration):
        given = Iteration(None, function.is_async)
    made = _manager(function, given, types)
    if made is not None:
        return made
    if function.is_async and not function.is_generator:
        return Awaitable(given)
    return given


def _manager(function: Function, given: Type | None, types: Resolver) -> Manager | None:
    for name in types.decorators(function):
        if name in MANAGER_MAKERS:
            element = given.of if isinstance(given, Iteration) else None
            return Manager(element, MANAGER_MAKERS[name])
    return None


def named_decorators(function: Function, types: Resolver) -> frozenset[str]:
    """Give the names of a function's decorators: canonical where a library's, else as written."""
    names = set()
    for node in function.node.decorator_list:
        called = node.func if isinstance(node, ast.Call) else node
        of = types.of(called, function.parent or function)
        if isinstance(of, LibraryObject):
            names.add(of.name)
        elif isinstance(called, ast.Name):
            names.add(called.id)
        elif isinstance(called, ast.Attribute):
            names.add(called.attr)
    return frozenset(names)


def entered_type(of: Type | None, types: Resolver) -> Type | None:
    """Give what a `with` or `async with` block binds."""
    match of:
        case Manager():
            return of.of
        case Instance(of=Class()):
            for name in ("__aenter__", "__enter__"):
                method = types.find_method(of.of, name)
                if method is not None:
                    given = types.returned(FunctionObject(method, of))
                    return given.of if isinstance(given, Awaitable) else given
            return of if types.library_base(of.of) else None
        case Instance():
            return of
    return None


Fixtures = Mapping[str, Mapping[str, Function]]
"""The fixtures of each file of the tests, by their names."""


def fixtures_of(modules: Iterable[Module], types: Resolver) -> Fixtures:
    """Find the fixtures in tests, by the files that they are in."""
    return {
        module.path: {
            function.name: function
            for function in module.all_functions
            if any("fixture" in name for name in types.decorators(function))
        }
        for module in modules
        if module.is_test
    }


def find_fixture(name: str, asking: Function, fixtures: Fixtures) -> Function | None:
    """Give the fixture that a parameter of a test or fixture names: of several, the nearest."""
    own = fixtures.get(asking.module.path, {})
    if name in own and own[name] is not asking:
        return own[name]
    folder = asking.module.path
    while "/" in folder:
        folder = folder.rpartition("/")[0]
        fixture = fixtures.get(f"{folder}/conftest.py", {}).get(name)
        if fixture is not None and fixture is not asking:
            return fixture
    named = [each[name] for each in fixtures.values() if name in each]
    return named[0] if len(named) == 1 and named[0] is not asking else None
