"""What annotations say: strings, aliases, `Annotated`, unions, generics."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from async_db.target.resolver import Resolver
from async_db.target.structure import Class, Scope
from async_db.target.types import (
    Awaitable,
    ClassObject,
    Instance,
    Iteration,
    LibraryObject,
    Manager,
    Returning,
    Type,
)

MANAGER_MAKERS = {"contextlib.contextmanager": False, "contextlib.asynccontextmanager": True}
"""Decorators that make a context manager of a generator, and whether it is an async one."""
_ITERATED = {
    "Generator": False,
    "Iterator": False,
    "Iterable": False,
    "Sequence": False,
    "List": False,
    "Set": False,
    "Collection": False,
    "FrozenSet": False,
    "AsyncGenerator": True,
    "AsyncIterator": True,
    "AsyncIterable": True,
}
_ENTERED = {
    "ContextManager": False,
    "AbstractContextManager": False,
    "AsyncContextManager": True,
    "AbstractAsyncContextManager": True,
}
_TRANSPARENT = frozenset({"Optional", "Final", "ClassVar", "Required", "NotRequired", "ReadOnly"})


def unquoted(node: ast.expr) -> ast.expr:
    """Give what a string annotation says; any other is as it is."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        try:
            parsed = ast.parse(node.value.strip(), mode="eval").body
        except (SyntaxError, ValueError, RecursionError):
            return node
        for each in ast.walk(parsed):
            ast.copy_location(each, node)
        return parsed
    return node


def annotated_type(node: ast.expr, scope: Scope, types: Resolver) -> Type | None:
    """Give what an annotation says.

    Parameters:
        node: the annotation.
        scope: where its names are looked up.
        types: answers what names are.
    """
    node = unquoted(node)
    match node:
        case ast.BinOp(op=ast.BitOr()):
            return _union([node.left, node.right], scope, types)
        case ast.Subscript():
            return _subscript(node, scope, types)
        case ast.Name() | ast.Attribute():
            return _named(node, scope, types)
    return None


def annotated_parts(
    node: ast.expr, scope: Scope, types: Resolver, depth: int = 0
) -> Iterator[tuple[ast.expr, Scope]]:
    """Give the metadata of `Annotated[...]`, through aliases and unions, and where each stands."""
    node = unquoted(node)
    if depth > 20:
        return
    match node:
        case ast.BinOp(op=ast.BitOr()):
            yield from annotated_parts(node.left, scope, types, depth + 1)
            yield from annotated_parts(node.right, scope, types, depth + 1)
        case ast.Subscript(slice=ast.Tuple(elts=[first, *metadata])) if (
            _last(types.of(node.value, scope)) == "Annotated"
        ):
            for each in metadata:
                yield each, scope
            yield from annotated_parts(first, scope, types, depth + 1)
        case ast.Subscript() if _last(types.of(node.value, scope)) in ("Optional", "Final"):
            yield from annotated_parts(node.slice, scope, types, depth + 1)
        case ast.Name() | ast.Attribute():
            if (alias := types.alias(node, scope)) is not None:
                yield from annotated_parts(*alias, types, depth + 1)


def _named(node: ast.expr, scope: Scope, types: Resolver) -> Type | None:
    alias = types.alias(node, scope)
    if alias is not None:
        value, where = alias
        if isinstance(value, ast.Call):
            return _made_alias(value, where, types)
        return types.annotation(value, where)
    match types.of(node, scope):
        case ClassObject(of=of, args=args):
            return Instance(of, args)
        case LibraryObject(name=name):
            last = name.rpartition(".")[2]
            if last == "Self":
                return _owner(scope)
            return Instance(name) if last not in ("Any", "Optional") and last[:1] != "_" else None
    return None


def _made_alias(value: ast.Call, where: Scope, types: Resolver) -> Type | None:
    """Give the bound of a type variable, or what a new type is made of."""
    made = types.of(value.func, where)
    last = _last(made)
    if last == "TypeVar":
        for keyword in value.keywords:
            if keyword.arg == "bound":
                return types.annotation(keyword.value, where)
    elif last == "NewType" and len(value.args) == 2:
        return types.annotation(value.args[1], where)
    return None


def _subscript(node: ast.Subscript, scope: Scope, types: Resolver) -> Type | None:
    head = types.of(node.value, scope)
    parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    if isinstance(head, ClassObject):
        return Instance(head.of, types.annotations(node.slice, scope))
    last = _last(head) if head is not None else getattr(node.value, "id", "").capitalize()
    if last == "Annotated" or last in _TRANSPARENT or last == "FromDishka":
        return types.annotation(parts[0], scope)
    if last == "Union":
        return _union(parts, scope, types)
    if last in _ITERATED:
        return Iteration(types.annotation(parts[0], scope), _ITERATED[last])
    if last in _ENTERED:
        return Manager(types.annotation(parts[0], scope), _ENTERED[last])
    if last in ("Awaitable", "Coroutine"):
        return Awaitable(types.annotation(parts[-1], scope))
    if last == "Callable":
        return Returning(types.annotation(parts[-1], scope))
    if last == "Type":
        match types.annotation(parts[0], scope):
            case Instance(of=str(name)):
                return LibraryObject(name)
            case Instance(of=Class() as of):
                return ClassObject(of)
        return None
    if isinstance(head, LibraryObject):
        return Instance(head.name, types.annotations(node.slice, scope))
    return None


def _union(parts: list[ast.expr], scope: Scope, types: Resolver) -> Type | None:
    """Give the one type of a union beside None; of two it could be either."""
    found: Type | None = None
    for part in parts:
        if isinstance(part, ast.Constant) and part.value is None:
            continue
        said = types.annotation(part, scope)
        if said is None or (found is not None and said != found):
            return None
        found = said
    return found


def _last(of: Type | None) -> str:
    return of.name.rpartition(".")[2] if isinstance(of, LibraryObject) else ""


def _owner(scope: Scope) -> Instance | None:
    current: Scope | None = scope
    while current is not None and not isinstance(current, Class):
        current = current.parent
    return Instance(current) if isinstance(current, Class) else None


def says_nothing(annotation: ast.expr) -> bool:
    """Say whether an annotation allows everything."""
    node = unquoted(annotation)
    return isinstance(node, ast.Name | ast.Attribute) and (
        (node.id if isinstance(node, ast.Name) else node.attr) in ("Any", "object")
    )


def says_self(annotation: ast.expr) -> bool:
    """Say whether an annotation is `Self`."""
    node = unquoted(annotation)
    name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
    return name == "Self"
