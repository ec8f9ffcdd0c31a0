"""Who calls whom: calls resolved to the functions that they run, ports and overrides included."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from operator import itemgetter

from async_db.target import libraries
from async_db.target.inference import Types
from async_db.target.structure import Binding, Call, Class, Function, Module, Read
from async_db.target.types import ClassObject, FunctionObject, Instance, Type, joined

_ABSTRACT = frozenset({"abc.abstractmethod", "abstractmethod"})
_FEW = 12
"""So many callers are asked what they pass for a parameter without annotation."""


@dataclass(frozen=True, slots=True)
class Callee:
    """A function that a call runs.

    Parameters:
        function: the function.
        exact: whether it is this one; otherwise it is one of several that it could be.
    """

    function: Function
    exact: bool


class Calls:
    """The calls of a project, by what they run and by the function that they run.

    Sites are found by the name that is called, and only those that somebody asks for are resolved.
    """

    def __init__(self, types: Types) -> None:
        self.types = types
        self._by_name: dict[str, list[Call]] = {}
        self._callees: dict[Call, tuple[Callee, ...]] = {}
        self._subclasses: dict[Class, list[Class]] | None = None
        self._implementations: dict[Class, tuple[Class, ...]] = {}
        self._abstract: dict[Function, bool] = {}
        self._callers: dict[str, dict[Function, list[tuple[Call, Callee]]]] = {}
        self._resolving = 0
        originals = _originals(types.modules)
        by_name = self._by_name
        for module in types.modules:
            for call in module.all_calls:
                name = call.name
                if name in by_name:
                    by_name[name].append(call)
                else:
                    by_name[name] = [call]
                if name in originals:
                    for original in originals[name]:
                        by_name.setdefault(original, []).append(call)
        types.argument_type = self.argument_type

    def named(self, name: str) -> list[Call]:
        """Give the calls of something of a name, whatever it is."""
        return self._by_name.get(name, [])

    def called(self, call: Call) -> Type | None:
        """Give what a call calls."""
        return self.types.of(call.node.func, call.scope)

    def callees(self, call: Call) -> tuple[Callee, ...]:
        """Give the functions of the target that a call runs; none if it cannot be told."""
        known = self._callees.get(call)
        if known is None:
            if call.name and call.name not in self.bound_names:
                return ()
            self._callees[call] = ()  # meanwhile, for who asks again on the way
            self._resolving += 1
            try:
                known = self._callees[call] = tuple(self._resolved(self.called(call)))
            finally:
                self._resolving -= 1
        return known

    @cached_property
    def bound_names(self) -> frozenset[str]:
        """The names that the target gives to anything: what runs its functions is called by one.

        Names that modules have of libraries are none, unless something else is called so too.
        """
        found: set[str] = set()
        for module in self.types.modules:
            for scope in (*module.all_functions, *module.all_classes):
                found.update(scope.bindings)
            for each in module.all_classes:
                found.update(each.attributes)
            found.update(module.states)
            for name, bindings in module.bindings.items():
                if any(not _is_of_library(each) for each in bindings):
                    found.add(name)
        return frozenset(found)

    def callers(self, function: Function) -> Iterator[tuple[Call, Callee]]:
        """Give the calls that run a function, each with how sure that is."""
        name = function.name
        if name in ("__init__", "__call__", "__enter__", "__aenter__"):
            if function.owner is None:
                return
            name = function.owner.name
        if name in self._callers:
            yield from self._callers[name].get(function, ())
            return
        for call in self.named(name):
            for callee in self.callees(call):
                if callee.function is function:
                    yield call, callee
        if not self._resolving:
            self._callers[name] = self._by_callee(name)

    def _by_callee(self, name: str) -> dict[Function, list[tuple[Call, Callee]]]:
        """Give the calls of a name by what they run, so that each is looked at once."""
        found: dict[Function, list[tuple[Call, Callee]]] = {}
        for call in self.named(name):
            for callee in self.callees(call):
                found.setdefault(callee.function, []).append((call, callee))
        return found

    def readers(self, function: Function) -> Iterator[tuple[Read, Callee]]:
        """Give the places that run a property by reading it; none, if it is no property."""
        if not self.types.is_property(function):
            return
        for read in self._reads_by_name.get(function.name, ()):
            of = self.types.of(read.node.value, read.scope)
            if not isinstance(of, Instance) or not isinstance(of.of, Class):
                continue
            if self.types.find_method(of.of, function.name) is function:
                yield read, Callee(function, not self.overrides(function, of.of))

    @cached_property
    def _reads_by_name(self) -> dict[str, list[Read]]:
        """What functions read of other objects, as far as it is called as some property is."""
        names = {
            function.name
            for module in self.types.modules
            for function in module.all_functions
            if function.owner is not None and self.types.is_property(function)
        }
        found: dict[str, list[Read]] = {}
        for module in self.types.modules:
            for node, function in module.attributes_read:
                if node.attr in names:
                    found.setdefault(node.attr, []).append(Read(node, function))
        return found

    def _resolved(self, called: Type | None) -> Iterator[Callee]:
        match called:
            case FunctionObject(function=function, bound_to=bound):
                if isinstance(bound, Instance) and function.owner is not None:
                    yield from self._dispatched(function, bound)
                else:
                    yield Callee(function, True)
            case ClassObject(of=of):
                made = self.types.find_method(of, "__init__")
                if made is not None:
                    yield Callee(made, True)
            case Instance(of=Class() as of):
                own = self.types.find_method(of, "__call__")
                if own is not None:
                    yield Callee(own, True)

    def _dispatched(self, function: Function, bound: Instance) -> Iterator[Callee]:
        """Give the method and its overrides: a port alone runs nothing."""
        overrides = self.overrides(function, bound.of)
        abstract = self.is_abstract(function)
        if not abstract:
            yield Callee(function, not overrides)
        for override in overrides:
            yield Callee(override, abstract and len(overrides) == 1)

    def overrides(self, function: Function, of: Class | str | None = None) -> list[Function]:
        """Give the methods that may run instead of one, in subclasses and implementations.

        Parameters:
            function: the method.
            of: the class of the object; that of the method, if none is given.
        """
        start = of if isinstance(of, Class) else function.owner
        if start is None:
            return []
        found: dict[Function, None] = {}
        for each in self.implementations(start):
            own = each.bindings.get(function.name)
            made = own[-1].definition if own else self.types.find_method(each, function.name)
            if not isinstance(made, Function) or made is function or self.is_abstract(made):
                continue
            found[made] = None
        return list(found)

    def implementations(self, of: Class) -> tuple[Class, ...]:
        """Give the classes below one; of a protocol, also those that have all of its methods."""
        if of not in self._implementations:
            self._implementations[of] = ()
            below = list(self._below(of))
            if self.is_protocol(of):
                known = {*below, of}
                below += [each for each in self._conforming(of) if each not in known]
            self._implementations[of] = tuple(below)
        return self._implementations[of]

    def _below(self, of: Class) -> Iterator[Class]:
        if self._subclasses is None:
            self._subclasses = {}
            for module in self.types.modules:
                for each in module.all_classes:
                    for base in self.types.bases(each):
                        if isinstance(base, Class):
                            self._subclasses.setdefault(base, []).append(each)
        seen = {of}
        waiting = list(self._subclasses.get(of, ()))
        while waiting:
            each = waiting.pop(0)
            if each not in seen:
                seen.add(each)
                yield each
                waiting += self._subclasses.get(each, ())

    def _conforming(self, port: Class) -> Iterator[Class]:
        names = {function.name for function in port.functions if function.name[:2] != "__"}
        if not names or (len(names) == 1 and not names - {"get", "run", "close", "execute"}):
            return  # a port of one common name says nothing of who is behind it
        having = self._classes_with
        some = {place: each for name in names for place, each in having.get(name, {}).items()}
        for _, each in sorted(some.items(), key=itemgetter(0)):
            if each is port or not self._has_all(each, names):
                continue
            if not self.is_protocol(each):
                yield each

    @cached_property
    def _classes_with(self) -> dict[str, dict[int, Class]]:
        """The classes of what is no test by the names that they bind, and by their order."""
        found: dict[str, dict[int, Class]] = {}
        place = 0
        for module in self.types.modules:
            for each in module.all_classes if not module.is_test else ():
                place += 1
                for name in each.bindings:
                    found.setdefault(name, {})[place] = each
        return found

    def _has_all(self, of: Class, names: set[str]) -> bool:
        """Say whether a class has methods of all these names, some of its own, others inherited."""
        missing = names - of.bindings.keys()
        if not missing:
            return True
        if len(missing) == len(names) or not of.node.bases:
            return False  # what has nothing of its own is reached through its base
        return all(self.types.find_method(of, name) is not None for name in missing)

    def is_protocol(self, of: Class) -> bool:
        """Say whether a class is a port: `Protocol` stands among its own bases."""
        return any(base == "typing.Protocol" for base in self.types.bases(of))

    def is_abstract(self, function: Function) -> bool:
        """Say whether a method has no body of its own."""
        known = self._abstract.get(function)
        if known is None:
            known = self._abstract[function] = function.owner is not None and (
                all(_is_nothing(statement) for statement in function.node.body)
                or bool(_ABSTRACT & self.types.decorators(function))
            )
        return known

    def argument_type(self, function: Function, name: str) -> Type | None:
        """Give what all callers pass for a parameter, if they agree and there are any."""
        sites = self.named(
            function.owner.name if function.name == "__init__" and function.owner else function.name
        )
        if not sites or len(sites) > _FEW:
            return None
        found = []
        for call, _ in self.callers(function):
            passed = argument(call.node, function, name)
            if passed is not None:
                found.append(self.types.of(passed, call.scope))
        return joined(found)


def argument(call: ast.Call, function: Function, name: str) -> ast.expr | None:
    """Give what a call passes for a parameter, or None where it passes nothing.

    Parameters:
        call: the call.
        function: that it runs; a method is called on an object.
        name: the parameter's name.
    """
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value
    given = function.node.args
    positional = [each.arg for each in [*given.posonlyargs, *given.args]]
    if name not in positional:
        return None
    bound = function.owner is not None and not any(
        isinstance(each, ast.Name) and each.id == "staticmethod"
        for each in function.node.decorator_list
    )
    place = positional.index(name) - int(bound)
    before = call.args[: place + 1]
    if place < 0 or len(before) <= place or any(isinstance(each, ast.Starred) for each in before):
        return None
    return call.args[place]


def _originals(modules: list[Module]) -> dict[str, set[str]]:
    """Give what names that imports renamed were called before."""
    found: dict[str, set[str]] = {}
    for module in modules:
        for name, bindings in module.bindings.items():
            for binding in bindings:
                if binding.kind == "from" and binding.name != name:
                    found.setdefault(name, set()).add(binding.name)
    return found


def _is_of_library(binding: Binding) -> bool:
    return binding.kind in ("import", "from") and libraries.is_library(binding.target)


def _is_nothing(statement: ast.stmt) -> bool:
    match statement:
        case ast.Pass():
            return True
        case ast.Expr(value=ast.Constant()):
            return True
        case ast.Raise(exc=ast.Call(func=ast.Name(id="NotImplementedError"))):
            return True
        case ast.Raise(exc=ast.Name(id="NotImplementedError")):
            return True
    return False
