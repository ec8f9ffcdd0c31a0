"""The types of names and expressions, as far as annotations and plain assignments tell them.

`Types` asks nothing of a module before somebody asks it, and answers each question once. What it
cannot tell is None, never a guess: a union, a name that is set to different things, a value that
went through code that is not here.

It keeps the answers. How they are found is in `names.py`, `expressions.py`, `classes.py`,
`functions.py` and `annotations.py`, which ask it in turn.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from typing import TypeVarTuple

from async_db.target import libraries
from async_db.target.annotations import annotated_type, says_nothing
from async_db.target.classes import attribute_type, inherited, named_bases, own_attribute_type
from async_db.target.expressions import call_result, expression_type
from async_db.target.functions import (
    PROPERTIES,
    Fixtures,
    entered_type,
    find_fixture,
    fixtures_of,
    named_decorators,
    returned_type,
)
from async_db.target.layout import ModuleIndex
from async_db.target.names import aliased, imported_type, locate, member_type, starred_type
from async_db.target.structure import Binding, Class, Function, Module, Scope
from async_db.target.types import (
    Awaitable,
    ClassObject,
    FunctionObject,
    Instance,
    Iteration,
    LibraryObject,
    Type,
    is_none,
    joined,
)

_DEEP = 80
"""So many questions behind one another are no code that somebody has written."""
_NONE: frozenset[str] = frozenset()
_Given = TypeVarTuple("_Given")


class Types:
    """Answers what a name or an expression is.

    Parameters:
        modules: all modules of the target.
        index: finds them by the names that imports use.
    """

    def __init__(self, modules: Iterable[Module], index: ModuleIndex) -> None:
        self.modules = list(modules)
        self.index = index
        self.argument_type: Callable[[Function, str], Type | None] = lambda function, name: None
        """Tells what callers pass for a parameter that says nothing itself; set by `Calls`."""
        self._known: dict[tuple[object, ...], Type | None] = {}
        self._expressions: dict[ast.expr, tuple[Scope, Type | None]] = {}
        """What expressions are, each in the scope that it was asked for in: it stands in one."""
        self._places: dict[tuple[Scope, str], tuple[Binding, Scope] | None] = {}
        self._asked: set[tuple[object, ...]] = set()
        self._cut = 0
        """How often a question was not answered, since it was asked on the way to its own answer."""
        self._mros: dict[Class, tuple[Class | str, ...]] = {}
        self._decorators: dict[Function, frozenset[str]] = {}
        self._fixtures: Fixtures | None = None
        self._states: dict[str, list[tuple[ast.expr, Scope]]] = {}
        for module in self.modules:
            for name, values in module.states.items():
                self._states.setdefault(name, []).extend(values)
            for function in module.all_functions:
                self._of_lifespan(function)

    def _of_lifespan(self, function: Function) -> None:
        """What a lifespan yields as a dictionary is found on the state of each request."""
        for each in function.yields:
            if function.is_async and isinstance(each.value, ast.Dict):
                for key, value in zip(each.value.keys, each.value.values, strict=True):
                    if isinstance(key, ast.Constant) and isinstance(key.value, str):
                        self._states.setdefault(key.value, []).append((value, function))

    def _once(
        self, key: tuple[object, ...], answer: Callable[[*_Given], Type | None], *given: *_Given
    ) -> Type | None:
        known, asked = self._known, self._asked
        if key in known:
            return known[key]
        if key in asked or len(asked) > _DEEP:
            self._cut += 1
            return None
        asked.add(key)
        try:
            found = known[key] = answer(*given)
        finally:
            asked.discard(key)
        return found

    # Names

    def of_name(self, scope: Scope, name: str) -> Type | None:
        """Give what a name is where it is used."""
        around: Scope | None = scope
        while around is not None:  # as `scopes_outwards`, of which there is no time to make one
            if name in around.bindings and (around is scope or around.__class__ is not Class):
                key, known = (around, name), self._known
                if key in known:
                    return known[key]
                return self._once(key, self._of_bindings, around, name)
            around = around.parent
        return self._starred(scope.module, name)

    def member(self, target: str, name: str, importer: Module) -> Type | None:
        """Give what `from target import name` binds in a module."""
        return member_type(target, name, importer, self)

    def in_module(self, module: Module, name: str) -> Type | None:
        """Give what a name of a module is, as others see it."""
        if name in module.bindings:
            return self.bound(module, name)
        return self._starred(module, name)

    def _starred(self, module: Module, name: str) -> Type | None:
        if not module.stars or name.startswith("_"):
            return None
        return self._once((module, "*", name), starred_type, module, name, self)

    def bound(self, scope: Scope, name: str) -> Type | None:
        """Give what a name is that a scope itself binds."""
        key = (scope, name)
        if key in self._known:
            return self._known[key]
        return self._once(key, self._of_bindings, scope, name)

    def _of_bindings(self, scope: Scope, name: str) -> Type | None:
        bindings = scope.bindings[name]
        if len(bindings) == 1:
            only = bindings[0]
            if only.annotation is None and is_none(only.value):
                return None
            return self.of_binding(only, scope, name)
        if any(each.typing_only for each in bindings):
            bindings = [each for each in bindings if each.typing_only]
        declared = [each for each in bindings if each.annotation is not None]
        if declared:
            return self.of_binding(declared[0], scope, name)
        return joined(
            self.of_binding(each, scope, name) for each in bindings if not is_none(each.value)
        )

    def of_binding(self, binding: Binding, scope: Scope, name: str) -> Type | None:
        """Give what one place sets a name to.

        Parameters:
            binding: the place.
            scope: that it stands in.
            name: that is bound.
        """
        match binding.kind:
            case "import":
                return imported_type(binding.target, scope.module, self.index)
            case "from":
                return self.member(binding.target, binding.name, scope.module)
            case "function" | "class":
                made = binding.definition
                if isinstance(made, Class):
                    return ClassObject(made)
                return FunctionObject(made) if isinstance(made, Function) else None
            case "parameter":
                return self._parameter(binding, scope, name)
            case "annotated" if binding.annotation is not None:
                declared = self.annotation(binding.annotation, scope)
                if declared is None and binding.value is not None:
                    return self.of(binding.value, scope)
                return declared
            case "assign" if binding.value is not None:
                if binding.index is not None:
                    return self._unpacked(binding.value, binding.index, scope)
                return self.of(binding.value, scope)
            case "with" if binding.value is not None:
                return self.entered(self.of(binding.value, scope))
            case "for" if binding.value is not None and binding.index is None:
                each = self.of(binding.value, scope)
                return each.of if isinstance(each, Iteration) else None
        return None

    def _unpacked(self, value: ast.expr, index: int, scope: Scope) -> Type | None:
        if isinstance(value, ast.Tuple | ast.List):
            return self.of(value.elts[index], scope) if index < len(value.elts) else None
        return None

    def _parameter(self, binding: Binding, scope: Scope, name: str) -> Type | None:
        if not isinstance(scope, Function):
            return None
        if binding.annotation is not None:
            declared = self.annotation(binding.annotation, scope.parent or scope)
            if declared is not None or not says_nothing(binding.annotation):
                return declared
        first = scope.parameters[:1]
        if scope.owner is not None and first and first[0].arg == name:
            decorators = self.decorators(scope)
            if "classmethod" in decorators or scope.name in ("__new__", "__init_subclass__"):
                return ClassObject(scope.owner)
            if "staticmethod" not in decorators:
                return Instance(scope.owner)
        target = self.dependency_target(binding.value, scope) if binding.value else None
        if target is not None:
            return self.provided(target)
        if scope.module.is_test:
            fixture = self._fixture(name, scope)
            if fixture is not None:
                return self.provided(FunctionObject(fixture))
        return self.argument_type(scope, name)

    # Expressions

    def of(self, node: ast.expr, scope: Scope) -> Type | None:
        """Give what an expression is, in the scope that it stands in."""
        kind = node.__class__
        if kind is ast.Name:
            return self.of_name(scope, node.id)  # type: ignore[attr-defined]  # its class is a name
        if kind is ast.Constant:
            return None
        # As `_once`, which takes too long for the many expressions.
        found = self._expressions.get(node)
        if found is not None:
            if found[0] is scope:
                return found[1]
            return self._once((node, scope), expression_type, node, scope, self)
        key, asked = (node, scope), self._asked
        if key in asked or len(asked) > _DEEP:
            self._cut += 1
            return None
        asked.add(key)
        try:
            said = expression_type(node, scope, self)
        finally:
            asked.discard(key)
        self._expressions[node] = (scope, said)
        return said

    def result(self, called: Type | None) -> Type | None:
        """Give what a call of something gives, whatever its arguments are."""
        return call_result(called, self)

    # Attributes, classes

    def attribute(self, of: Type | None, name: str) -> Type | None:
        """Give what an attribute of something is."""
        return attribute_type(of, name, self)

    def own_attribute(self, of: Instance | ClassObject, own: Class, name: str) -> Type | None:
        """Give what an attribute is of a class of the target, or of an object of one."""
        # Of its parts, since to hash the whole takes as long as to find the answer.
        key = (own, name, of.__class__, of.args)
        return self._once(key, own_attribute_type, of, own, name, self)

    def of_state(self, name: str) -> Type | None:
        """Give what is set on the state of the application or of a request."""
        return joined(self.of(value, scope) for value, scope in self._states.get(name, ()))

    def bases(self, of: Class) -> list[Class | str]:
        """Give the classes that a class names as its bases, as far as they are known."""
        return named_bases(of, self)

    def mro(self, of: Class) -> tuple[Class | str, ...]:
        """Give a class and what it inherits from, in the order in which names are looked up."""
        known = self._mros.get(of)
        if known is None:
            cut = self._cut
            known = tuple(inherited(of, self))
            if cut == self._cut:
                self._mros[of] = known
        return known

    def library_base(self, of: Class | str) -> str | None:
        """Give the nearest library's class that a class is or inherits from."""
        if isinstance(of, str):
            return of
        return next((each for each in self.mro(of) if isinstance(each, str)), None)

    def find_method(self, of: Class | str, name: str) -> Function | None:
        """Give the method that a call of `name` on an object of a class runs."""
        for each in self.mro(of) if isinstance(of, Class) else ():
            if isinstance(each, Class) and name in each.bindings:
                made = each.bindings[name][-1].definition
                return made if isinstance(made, Function) else None
        return None

    def is_a(self, of: Type | None, library: str) -> bool:
        """Say whether something is an object of a library's class, or of one below it."""
        if not isinstance(of, Instance):
            return False
        if isinstance(of.of, str):
            return library in libraries.library_bases(of.of)
        return library in self.mro(of.of)

    # Functions

    def returned(self, called: FunctionObject) -> Type | None:
        """Give what a call of a function gives."""
        bound = called.bound_to
        to = () if bound is None else (bound.__class__, bound.of, bound.args)
        return self._once((called.function, "()", *to), returned_type, called, self)

    def is_property(self, function: Function) -> bool:
        """Say whether a method runs when an attribute is read."""
        return function.owner is not None and bool(self.decorators(function) & PROPERTIES)

    def decorators(self, function: Function) -> frozenset[str]:
        """Give the names of a function's decorators: canonical where a library's, else as written."""
        if not function.node.decorator_list:
            return _NONE
        known = self._decorators.get(function)
        if known is None:
            cut = self._cut
            known = named_decorators(function, self)
            if cut == self._cut:
                self._decorators[function] = known
        return known

    def entered(self, of: Type | None) -> Type | None:
        """Give what a `with` or `async with` block binds."""
        return entered_type(of, self)

    # Annotations, dependencies

    def annotation(self, node: ast.expr, scope: Scope) -> Type | None:
        """Give what an annotation says, strings and aliases followed."""
        return self._once((node, scope, ":"), annotated_type, node, scope, self)

    def annotations(self, node: ast.expr, scope: Scope) -> tuple[Type | None, ...]:
        """Give what the parts of a subscript say, such as both in `Repository[Order, int]`."""
        parts = node.elts if isinstance(node, ast.Tuple) else [node]
        return tuple(self.annotation(each, scope) for each in parts)

    def alias(self, node: ast.expr, scope: Scope) -> tuple[ast.expr, Scope] | None:
        """Give the expression that a name or attribute was set to once, and where that stands."""
        return aliased(node, scope, self)

    def locate(self, scope: Scope, name: str) -> tuple[Binding, Scope] | None:
        """Give the one place where a name is set, through imports and star imports."""
        around: Scope | None = scope
        while around is not None:
            if name in around.bindings and (around is scope or around.__class__ is not Class):
                key = (around, name)
                if key not in self._places:
                    self._places[key] = locate(around, name, self.index)
                return self._places[key]
            around = around.parent
        return locate(scope, name, self.index)

    def dependency_target(self, node: ast.expr, scope: Scope) -> Type | None:
        """Give what `Depends(...)` names, or None where it is something else."""
        call = self.dependency_call(node, scope)
        if call is None or not (call.args or call.keywords):
            return None
        named = [each.value for each in call.keywords if each.arg == "dependency"]
        given = [*call.args, *named]
        return self.of(given[0], scope) if given else None

    def dependency_call(self, node: ast.expr, scope: Scope) -> ast.Call | None:
        """Give the call if an expression is one of FastAPI's `Depends` or `Security`."""
        if isinstance(node, ast.Call):
            called = self.of(node.func, scope)
            if isinstance(called, LibraryObject) and called.name in (
                libraries.DEPENDS,
                libraries.SECURITY,
            ):
                return node
        return None

    def provided(self, target: Type | None) -> Type | None:
        """Give what somebody gets who depends on something, or asks for a fixture."""
        given = self.result(target)
        if isinstance(given, Awaitable):
            given = given.of
        if isinstance(given, Iteration):
            return given.of
        return given

    def _fixture(self, name: str, scope: Function) -> Function | None:
        if self._fixtures is None:
            self._fixtures = fixtures_of(self.modules, self)
        return find_fixture(name, scope, self._fixtures)
