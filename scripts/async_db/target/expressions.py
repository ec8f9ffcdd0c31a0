"""What expressions are: calls of the target and of libraries, unpacked, awaited, subscripted."""

from __future__ import annotations

import ast

from async_db.target import libraries
from async_db.target.annotations import MANAGER_MAKERS
from async_db.target.resolver import Resolver
from async_db.target.structure import Scope, enclosing_function, scopes_outwards
from async_db.target.types import (
    Awaitable,
    ClassObject,
    FunctionObject,
    Instance,
    Iteration,
    LibraryObject,
    Manager,
    Returning,
    Type,
    is_none,
    joined,
)

_WAITS_FOR = frozenset({"asyncio.run", "asyncio.wait_for", "asyncio.shield", "anyio.run"})
_TELLING = frozenset(
    {
        *_WAITS_FOR,
        *MANAGER_MAKERS,
        "contextlib.aclosing",
        "contextlib.closing",
        "functools.partial",
        "sqlalchemy.orm.declarative_base",
        "typing.cast",
        libraries.SESSIONMAKER,
        libraries.ASYNC_SESSIONMAKER,
    }
)
"""Functions and classes of libraries whose arguments tell what they give."""
_BUILTINS = frozenset({"super", "next", "anext", "iter", "list", "sorted", "tuple", "getattr"})


def expression_type(node: ast.expr, scope: Scope, types: Resolver) -> Type | None:
    """Give what an expression is that is neither a name nor a constant.

    Parameters:
        node: the expression.
        scope: that it stands in.
        types: answers what its parts are.
    """
    match node:
        case ast.Attribute():
            return types.attribute(types.of(node.value, scope), node.attr)
        case ast.Call():
            return _called(node, scope, types)
        case ast.Await():
            waited = types.of(node.value, scope)
            return waited.of if isinstance(waited, Awaitable) else None
        case ast.BoolOp():
            return joined(types.of(each, scope) for each in node.values if not is_none(each))
        case ast.IfExp():
            chosen = (node.body, node.orelse)
            return joined(types.of(each, scope) for each in chosen if not is_none(each))
        case ast.NamedExpr():
            return types.of(node.value, scope)
        case ast.Lambda():
            return Returning(types.of(node.body, scope))
        case ast.List() | ast.Set():
            return Iteration(joined(types.of(each, scope) for each in node.elts))
        case ast.Subscript():
            return _subscript(node, scope, types)
    return None


def _subscript(node: ast.Subscript, scope: Scope, types: Resolver) -> Type | None:
    value = types.of(node.value, scope)
    if isinstance(value, ClassObject):
        return ClassObject(value.of, types.annotations(node.slice, scope))
    if isinstance(value, LibraryObject):
        return value  # such as `async_sessionmaker[AsyncSession]`
    return value.of if isinstance(value, Iteration) and not value.is_async else None


def _called(node: ast.Call, scope: Scope, types: Resolver) -> Type | None:
    if isinstance(node.func, ast.Name) and _is_builtin(node.func.id, scope):
        return _builtin(node.func.id, node, scope, types)
    called = types.of(node.func, scope)
    if isinstance(called, LibraryObject):
        return _library_called(called, node, scope, types)
    return types.result(called)


def call_result(called: Type | None, types: Resolver) -> Type | None:
    """Give what a call of something gives, whatever its arguments are."""
    match called:
        case FunctionObject():
            return types.returned(called)
        case ClassObject():
            return Instance(called.of, called.args)
        case Instance(of=str()):
            return libraries.called_instance(called)
        case Instance():
            base = types.library_base(called.of)
            own = types.find_method(called.of, "__call__")
            if own is not None:
                return types.returned(FunctionObject(own, called))
            return libraries.called_instance(Instance(base)) if base else None
        case Returning():
            return called.of
        case LibraryObject():
            return libraries.given_by(called.name)
    return None


def _library_called(
    called: LibraryObject, node: ast.Call, scope: Scope, types: Resolver
) -> Type | None:
    first = node.args[0] if node.args else None
    if called.bound_to is not None:
        owner, _, last = called.name.rpartition(".")
        if (owner, last) in libraries.HANDED_OUT and len(node.args) == 1:
            given = types.annotation(node.args[0], scope)
            return Awaitable(given) if libraries.HANDED_OUT[owner, last] else given
        return libraries.method_gives(called.bound_to, owner, last)
    if called.name not in _TELLING:
        return libraries.given_by(called.name)
    if called.name == "typing.cast" and first is not None:
        return types.annotation(first, scope)
    if called.name == "functools.partial" and first is not None:
        return types.of(first, scope)
    if called.name in ("contextlib.closing", "contextlib.aclosing") and first is not None:
        return Manager(types.of(first, scope), called.name.endswith("aclosing"))
    if called.name in MANAGER_MAKERS and first is not None:
        made = types.of(first, scope)
        if isinstance(made, FunctionObject):
            given = types.returned(made)
            element = given.of if isinstance(given, Iteration) else None
            return Returning(Manager(element, MANAGER_MAKERS[called.name]))
        return None
    if called.name in _WAITS_FOR and first is not None:
        waited = types.of(first, scope)
        given = waited.of if isinstance(waited, Awaitable) else None
        return given if called.name == "asyncio.run" else Awaitable(given)
    if called.name == "sqlalchemy.orm.declarative_base":
        return LibraryObject("sqlalchemy.orm.DeclarativeBase")
    return libraries.given_by(called.name, _session_class(node, scope, types))


def _session_class(node: ast.Call, scope: Scope, types: Resolver) -> Type | None:
    """Give the class of session that a factory was told to make."""
    for keyword in node.keywords:
        if keyword.arg == "class_":
            return types.result(types.of(keyword.value, scope))
    if isinstance(node.func, ast.Subscript):
        return types.annotation(node.func.slice, scope)
    return None


def _is_builtin(name: str, scope: Scope) -> bool:
    if name not in _BUILTINS:
        return False
    return not any(name in around.bindings for around in scopes_outwards(scope))


def _builtin(name: str, node: ast.Call, scope: Scope, types: Resolver) -> Type | None:
    if name == "super":
        function = enclosing_function(scope)
        if function is None or function.owner is None:
            return None
        bases = types.bases(function.owner)
        return Instance(bases[0]) if bases else None
    if name == "getattr" and len(node.args) >= 2:
        attribute = node.args[1]
        if isinstance(attribute, ast.Constant) and isinstance(attribute.value, str):
            return types.attribute(types.of(node.args[0], scope), attribute.value)
        return None
    given = types.of(node.args[0], scope) if node.args else None
    if not isinstance(given, Iteration):
        return None
    match name:
        case "next":
            return given.of
        case "anext":
            return Awaitable(given.of)
    return given
