"""What FastAPI sees of a project: routes, dependencies, and what each of them gives."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from async_db.target import libraries
from async_db.target.annotations import annotated_parts
from async_db.target.calls import Calls
from async_db.target.inference import Types
from async_db.target.structure import Call, Class, Function, Module, Scope
from async_db.target.types import ClassObject, FunctionObject, Instance, Type

METHODS = frozenset(
    {"get", "post", "put", "patch", "delete", "head", "options", "trace", "websocket", "api_route"}
)


@dataclass(frozen=True, slots=True)
class Dependency:
    """One `Depends(...)`, or `Security(...)`.

    Parameters:
        call: the call itself, which stands in `scope`.
        scope: where its names are looked up.
        target: what is depended on.
        parameter: that gets it, empty in a list of dependencies.
    """

    call: ast.Call
    scope: Scope
    target: Type | None
    parameter: str = ""

    @property
    def module(self) -> Module:
        return self.scope.module

    @property
    def exit_scope(self) -> str:
        """When its exit code runs: `function`, or `request`, which is the default."""
        for keyword in self.call.keywords:
            if keyword.arg == "scope" and isinstance(keyword.value, ast.Constant):
                return str(keyword.value.value)
        return "request"


@dataclass(frozen=True, slots=True)
class Route:
    """An operation.

    Parameters:
        function: that serves it.
        method: as the decorator is called, such as `get`.
        path: as far as it is a literal.
        line: of the decorator, or of the call that adds it.
        proven: whether the router is FastAPI's by its type; otherwise by its looks.
    """

    function: Function
    method: str
    path: str
    line: int
    proven: bool

    @property
    def name(self) -> str:
        return f"{self.method.upper()} {self.path or '?'}"


class Web:
    """The routes and dependencies of a project."""

    def __init__(self, types: Types, calls: Calls) -> None:
        self.types = types
        self.calls = calls
        self._of_function: dict[Function, tuple[Dependency, ...]] = {}

    @cached_property
    def routes(self) -> tuple[Route, ...]:
        """All operations, in the order of their files."""
        found = [
            route
            for module in self.types.modules
            for function in module.all_functions
            for route in self._decorated(function)
        ]
        for name in ("add_api_route", "add_api_websocket_route"):
            for call in self.calls.named(name):
                found.extend(self._added(call))
        return tuple(found)

    @cached_property
    def route_functions(self) -> dict[Function, Route]:
        return {route.function: route for route in self.routes}

    @cached_property
    def dependencies(self) -> tuple[Dependency, ...]:
        """Every `Depends(...)` of the project, wherever it stands."""
        found = []
        for name in ("Depends", "Security"):
            for call in self.calls.named(name):
                if self.types.dependency_call(call.node, call.scope) is not None:
                    found.append(self._dependency(call.node, call.scope, ""))
        return tuple(found)

    @cached_property
    def provided_functions(self) -> dict[Function, list[Dependency]]:
        """The functions that somebody depends on, and where."""
        found: dict[Function, list[Dependency]] = {}
        for dependency in self.dependencies:
            function = self.function_of(dependency.target)
            if function is not None:
                found.setdefault(function, []).append(dependency)
        return found

    def function_of(self, target: Type | None) -> Function | None:
        """Give the function that FastAPI runs for a dependency: of a class, its `__init__`."""
        match target:
            case FunctionObject(function=function):
                return function
            case ClassObject(of=of):
                return self.types.find_method(of, "__init__")
            case Instance(of=Class() as of):
                return self.types.find_method(of, "__call__")
        return None

    def dependencies_of(self, function: Function) -> tuple[Dependency, ...]:
        """Give what FastAPI resolves to call a function: by its parameters and its decorator."""
        if function not in self._of_function:
            self._of_function[function] = tuple(self._needed(function))
        return self._of_function[function]

    def all_dependencies(self, function: Function) -> Iterator[Dependency]:
        """Give what a function depends on, and what that depends on in turn, each once."""
        waiting, seen = [function], {function}
        while waiting:
            for dependency in self.dependencies_of(waiting.pop()):
                yield dependency
                below = self.function_of(dependency.target)
                if below is not None and below not in seen:
                    seen.add(below)
                    waiting.append(below)

    def _needed(self, function: Function) -> Iterator[Dependency]:
        for parameter in function.parameters:
            binding = function.bindings[parameter.arg][0]
            found = None
            value = binding.value
            call = self.types.dependency_call(value, function) if value is not None else None
            if call is not None:
                found = self._dependency(call, function, parameter.arg)
            elif binding.annotation is not None:
                outer = function.parent or function
                for node, scope in annotated_parts(binding.annotation, outer, self.types):
                    call = self.types.dependency_call(node, scope)
                    if call is not None:
                        found = self._dependency(call, scope, parameter.arg)
                        break
            if found is not None:
                if found.target is None and binding.annotation is not None:
                    yield self._by_annotation(found, binding.annotation, function)
                else:
                    yield found
        for decorator in function.node.decorator_list:
            if isinstance(decorator, ast.Call):
                yield from self._listed(decorator, function.parent or function)

    def _by_annotation(
        self, found: Dependency, annotation: ast.expr, function: Function
    ) -> Dependency:
        """`Depends()` without an argument depends on the class that the annotation names."""
        said = self.types.annotation(annotation, function.parent or function)
        if isinstance(said, Instance) and isinstance(said.of, Class) and not found.call.args:
            return Dependency(found.call, found.scope, ClassObject(said.of), found.parameter)
        return found

    def _listed(self, call: ast.Call, scope: Scope) -> Iterator[Dependency]:
        for keyword in call.keywords:
            if keyword.arg == "dependencies" and isinstance(keyword.value, ast.List | ast.Tuple):
                for each in keyword.value.elts:
                    found = self.types.dependency_call(each, scope)
                    if found is not None:
                        yield self._dependency(found, scope, "")

    def _dependency(self, node: ast.Call, scope: Scope, parameter: str) -> Dependency:
        return Dependency(node, scope, self.types.dependency_target(node, scope), parameter)

    def _decorated(self, function: Function) -> Iterator[Route]:
        scope = function.parent or function
        for decorator in function.node.decorator_list:
            if not isinstance(decorator, ast.Call):
                continue
            called = decorator.func
            if not isinstance(called, ast.Attribute) or called.attr not in METHODS:
                continue
            path = _literal_path(decorator)
            proven = self.is_router(self.types.of(called.value, scope))
            if proven or path.startswith("/"):
                yield Route(function, called.attr, path, decorator.lineno, proven)

    def _added(self, call: Call) -> Iterator[Route]:
        node = call.node
        if not isinstance(node.func, ast.Attribute):
            return
        handlers = [each.value for each in node.keywords if each.arg == "endpoint"]
        given = [*node.args[1:2], *handlers]
        target = self.types.of(given[0], call.scope) if given else None
        if isinstance(target, FunctionObject):
            proven = self.is_router(self.types.of(node.func.value, call.scope))
            yield Route(target.function, "route", _literal_path(node), node.lineno, proven)

    def is_router(self, of: Type | None) -> bool:
        """Say whether something is an application or a router of FastAPI's."""
        return self.types.is_a(of, libraries.ROUTER) or self.types.is_a(of, libraries.APPLICATION)


def _literal_path(call: ast.Call) -> str:
    named = [each.value for each in call.keywords if each.arg == "path"]
    given = [*call.args[:1], *named]
    first = given[0] if given else None
    return first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else ""
