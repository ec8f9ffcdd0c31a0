"""Classes of tests that stand in for the service's, by where their objects are given in its place.

A double has the few methods that its test needs and names no port, so nothing but its use tells what
it is in the place of: an argument, or what `dependency_overrides` holds.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from async_db.auditing import Service
from async_db.target import (
    Call,
    Class,
    ClassObject,
    Function,
    FunctionObject,
    Instance,
    Module,
    Scope,
    Type,
    argument,
)

Doubles = dict[Class, dict[Class, None]]
"""The classes of tests by the class of the service that they stand in for."""


def doubles_of(service: Service) -> Doubles:
    """Find what stands in for the service's classes in its tests.

    Parameters:
        service: the model of the target.
    """
    found: Doubles = {}
    for module in service.project.modules:
        if module.is_test:
            for wanted, given in _pairs(service, module):
                if (
                    isinstance(wanted, Instance)
                    and isinstance(given, Instance)
                    and isinstance(wanted.of, Class)
                    and isinstance(given.of, Class)
                    and given.of.module.is_test
                    and wanted.of not in service.types.mro(given.of)
                ):
                    found.setdefault(wanted.of, {})[given.of] = None
    return found


def _pairs(service: Service, module: Module) -> Iterator[tuple[Type | None, Type | None]]:
    """Give what is asked for somewhere, and what a test gives there."""
    for call in module.all_calls:
        for wanted, node in _arguments(service, call):
            yield wanted, service.types.of(node, call.scope)
    if "dependency_overrides" in module.text:
        scopes: list[Module | Function] = [module, *module.all_functions]
        for scope in scopes:
            for key, value in _overrides(scope):
                wanted = service.types.provided(service.types.of(key, scope))
                yield wanted, _provided(service, value, scope)


def _arguments(service: Service, call: Call) -> Iterator[tuple[Type | None, ast.expr]]:
    """Give the arguments of a call of the target, each with what its parameter is annotated as."""
    types = service.types
    if not call.node.args and not call.node.keywords:
        return
    for callee in service.calls.callees(call):
        for parameter in callee.function.parameters:
            node = argument(call.node, callee.function, parameter.arg)
            if node is not None:
                yield types.of_name(callee.function, parameter.arg), node
    called = service.calls.called(call)
    if isinstance(called, ClassObject) and types.find_method(called.of, "__init__") is None:
        names = list(_fields(service, called.of))
        given = [*zip(names, call.node.args, strict=False)]
        given += [(each.arg, each.value) for each in call.node.keywords if each.arg]
        for name, node in given:
            yield types.attribute(Instance(called.of), name), node


def _fields(service: Service, of: Class) -> Iterator[str]:
    """Give the fields of a data class in the order of its parameters."""
    for each in reversed(service.types.mro(of)):
        for statement in each.node.body if isinstance(each, Class) else ():
            if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
                yield statement.target.id


def _overrides(scope: Module | Function) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Give what `dependency_overrides` is told in a scope: the dependency, and what overrides it."""
    root = scope.tree if isinstance(scope, Module) else scope.node
    waiting: list[ast.AST] = list(root.body) if root is not None else []
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Subscript) and _is_overrides(target.value):
                    yield target.slice, node.value
        waiting += ast.iter_child_nodes(node)


def _is_overrides(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "dependency_overrides"


def _provided(service: Service, value: ast.expr, scope: Scope) -> Type | None:
    if isinstance(value, ast.Lambda):
        return service.types.of(value.body, scope)
    of = service.types.of(value, scope)
    return service.types.provided(of) if isinstance(of, FunctionObject | ClassObject) else None
