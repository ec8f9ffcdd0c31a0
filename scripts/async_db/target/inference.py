"""The types of names and expressions, as far as annotations and plain assignments tell them.

`Types` asks nothing of a module before somebody asks it, and answers each question once. What it
cannot tell is None, never a guess: a union, a name that is set to different things, a value that
went through code that is not here.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable

from async_db.target import libraries
from async_db.target.annotations import (
    MANAGER_MAKERS,
    annotated_type,
    unquoted,
)
from async_db.target.layout import ModuleIndex
from async_db.target.structure import (
    Binding,
    Class,
    Function,
    Module,
    Scope,
    enclosing_function,
    scopes_outwards,
)
from async_db.target.types import (
    Awaitable,
    ClassObject,
    FunctionObject,
    Instance,
    Iteration,
    LibraryObject,
    Manager,
    ModuleObject,
    Returning,
    Type,
)

_DEEP = 80
"""So many questions behind one another are no code that somebody has written."""
_WAITS_FOR = frozenset({"asyncio.run", "asyncio.wait_for", "asyncio.shield", "anyio.run"})
_NONE: frozenset[str] = frozenset()
_PROPERTIES = frozenset(
    {"property", "cached_property", "functools.cached_property", "hybrid_property"}
)


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
        self._asked: set[tuple[object, ...]] = set()
        self._cut = 0
        """How often a question was not answered, since it was asked on the way to its own answer."""
        self._mros: dict[Class, tuple[Class | str, ...]] = {}
        self._decorators: dict[Function, frozenset[str]] = {}
        self._fixtures: dict[str, dict[str, Function]] | None = None
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

    def _once(self, key: tuple[object, ...], answer: Callable[[], Type | None]) -> Type | None:
        if key in self._known:
            return self._known[key]
        if key in self._asked or len(self._asked) > _DEEP:
            self._cut += 1
            return None
        self._asked.add(key)
        try:
            found = answer()
        finally:
            self._asked.discard(key)
        self._known[key] = found
        return found

    # Names

    def of_name(self, scope: Scope, name: str) -> Type | None:
        """Give what a name is where it is used."""
        around: Scope | None = scope
        while around is not None:  # as `scopes_outwards`, of which there is no time to make one
            if name in around.bindings and (around is scope or around.__class__ is not Class):
                return self._bound(around, name)
            around = around.parent
        return self._starred(scope.module, name)

    def member(self, target: str, name: str, importer: Module) -> Type | None:
        """Give what `from target import name` binds in a module."""
        if not target.startswith(".") and libraries.is_library(target):
            return LibraryObject(libraries.canonical(f"{target}.{name}"))
        module = self.index.find(target, importer)
        if module is not None:
            found = self._in_module(module, name)
            if found is not None or name in module.bindings:
                return found
        dotted = f"{target}{name}" if target.endswith(".") else f"{target}.{name}"
        below = self.index.find(dotted, importer)
        if below is not None:
            return ModuleObject(below, importer)
        if self.index.has_below(dotted, importer):
            return ModuleObject(dotted, importer)
        if target.startswith(".") or module is not None:
            return None
        return LibraryObject(libraries.canonical(f"{target}.{name}"))

    def _in_module(self, module: Module, name: str) -> Type | None:
        if name in module.bindings:
            return self._bound(module, name)
        return self._starred(module, name)

    def _starred(self, module: Module, name: str) -> Type | None:
        key = (module, "*", name)
        if not module.stars or name.startswith("_"):
            return None
        return self._once(key, lambda: self._from_stars(module, name))

    def _from_stars(self, module: Module, name: str) -> Type | None:
        for star in reversed(module.stars):
            if not star.startswith(".") and libraries.is_library(star):
                if name[:1].isupper() or name in ("select", "text", "create_engine"):
                    return LibraryObject(libraries.canonical(f"{star}.{name}"))
                continue
            other = self.index.find(star, module)
            found = self._in_module(other, name) if other is not None else None
            if found is not None:
                return found
        return None

    def _bound(self, scope: Scope, name: str) -> Type | None:
        key = (scope, name)
        if key in self._known:
            return self._known[key]
        return self._once(key, lambda: self._of_bindings(scope, name))

    def _of_bindings(self, scope: Scope, name: str) -> Type | None:
        bindings = scope.bindings[name]
        if any(each.typing_only for each in bindings):
            bindings = [each for each in bindings if each.typing_only]
        declared = [each for each in bindings if each.annotation is not None]
        if declared:
            return self.of_binding(declared[0], scope, name)
        return joined(
            self.of_binding(each, scope, name) for each in bindings if not _is_none(each.value)
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
                return self._imported(binding.target, scope.module)
            case "from":
                return self.member(binding.target, binding.name, scope.module)
            case "function" | "class":
                made = binding.definition
                if isinstance(made, Class):
                    return ClassObject(made)
                return self._decorated(made) if isinstance(made, Function) else None
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

    def _imported(self, target: str, importer: Module) -> Type | None:
        if libraries.is_library(target):
            return LibraryObject(target)
        module = self.index.find(target, importer)
        if module is not None:
            return ModuleObject(module, importer)
        if self.index.has_below(target, importer):
            return ModuleObject(target, importer)
        return LibraryObject(target)

    def _decorated(self, function: Function) -> Type | None:
        return FunctionObject(function)

    def _unpacked(self, value: ast.expr, index: int, scope: Scope) -> Type | None:
        if isinstance(value, ast.Tuple | ast.List):
            return self.of(value.elts[index], scope) if index < len(value.elts) else None
        return None

    def _parameter(self, binding: Binding, scope: Scope, name: str) -> Type | None:
        if not isinstance(scope, Function):
            return None
        if binding.annotation is not None:
            declared = self.annotation(binding.annotation, scope.parent or scope)
            if declared is not None or not _says_nothing(binding.annotation):
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
        if isinstance(node, ast.Name):
            return self.of_name(scope, node.id)
        if isinstance(node, ast.Constant):
            return None
        key = (node, scope)
        if key in self._known:
            return self._known[key]
        return self._once(key, lambda: self._of(node, scope))

    def _of(self, node: ast.expr, scope: Scope) -> Type | None:
        match node:
            case ast.Attribute():
                return self.attribute(self.of(node.value, scope), node.attr)
            case ast.Call():
                return self._called(node, scope)
            case ast.Await():
                waited = self.of(node.value, scope)
                return waited.of if isinstance(waited, Awaitable) else None
            case ast.BoolOp():
                return joined(self.of(each, scope) for each in node.values if not _is_none(each))
            case ast.IfExp():
                chosen = (node.body, node.orelse)
                return joined(self.of(each, scope) for each in chosen if not _is_none(each))
            case ast.NamedExpr():
                return self.of(node.value, scope)
            case ast.Lambda():
                return Returning(self.of(node.body, scope))
            case ast.List() | ast.Set():
                return Iteration(joined(self.of(each, scope) for each in node.elts))
            case ast.Subscript():
                return self._subscript(node, scope)
        return None

    def _subscript(self, node: ast.Subscript, scope: Scope) -> Type | None:
        value = self.of(node.value, scope)
        if isinstance(value, ClassObject):
            return ClassObject(value.of, self.annotations(node.slice, scope))
        if isinstance(value, LibraryObject):
            return value  # such as `async_sessionmaker[AsyncSession]`
        return value.of if isinstance(value, Iteration) and not value.is_async else None

    def _called(self, node: ast.Call, scope: Scope) -> Type | None:
        if isinstance(node.func, ast.Name) and self._is_builtin(node.func.id, scope):
            return self._builtin(node.func.id, node, scope)
        called = self.of(node.func, scope)
        if isinstance(called, LibraryObject):
            return self._library_called(called, node, scope)
        return self.result(called)

    def result(self, called: Type | None) -> Type | None:
        """Give what a call of something gives, whatever its arguments are."""
        match called:
            case FunctionObject():
                return self.returned(called)
            case ClassObject():
                return Instance(called.of, called.args)
            case Instance(of=str()):
                return libraries.called_instance(called)
            case Instance():
                base = self.library_base(called.of)
                own = self.find_method(called.of, "__call__")
                if own is not None:
                    return self.returned(FunctionObject(own, called))
                return libraries.called_instance(Instance(base)) if base else None
            case Returning():
                return called.of
            case LibraryObject():
                return libraries.given_by(called.name, None)
        return None

    def _library_called(self, called: LibraryObject, node: ast.Call, scope: Scope) -> Type | None:
        first = node.args[0] if node.args else None
        last = called.name.rpartition(".")[2]
        if called.bound_to is not None:
            return libraries.method_gives(called.bound_to, called.name.rpartition(".")[0], last)
        if called.name == "typing.cast" and first is not None:
            return self.annotation(first, scope)
        if called.name == "functools.partial" and first is not None:
            return self.of(first, scope)
        if called.name in ("contextlib.closing", "contextlib.aclosing") and first is not None:
            return Manager(self.of(first, scope), called.name.endswith("aclosing"))
        if called.name in MANAGER_MAKERS and first is not None:
            made = self.of(first, scope)
            if isinstance(made, FunctionObject):
                given = self.returned(made)
                element = given.of if isinstance(given, Iteration) else None
                return Returning(Manager(element, MANAGER_MAKERS[called.name]))
            return None
        if called.name in _WAITS_FOR and first is not None:
            waited = self.of(first, scope)
            given = waited.of if isinstance(waited, Awaitable) else None
            return given if called.name == "asyncio.run" else Awaitable(given)
        if called.name == "sqlalchemy.orm.declarative_base":
            return LibraryObject("sqlalchemy.orm.DeclarativeBase")
        return libraries.given_by(called.name, self._session_class(node, scope))

    def _session_class(self, node: ast.Call, scope: Scope) -> Type | None:
        """Give the class of session that a factory was told to make."""
        for keyword in node.keywords:
            if keyword.arg == "class_":
                return self.result(self.of(keyword.value, scope))
        if isinstance(node.func, ast.Subscript):
            return self.annotation(node.func.slice, scope)
        return None

    def _is_builtin(self, name: str, scope: Scope) -> bool:
        if name not in ("super", "next", "anext", "iter", "list", "sorted", "tuple", "getattr"):
            return False
        return not any(name in around.bindings for around in scopes_outwards(scope))

    def _builtin(self, name: str, node: ast.Call, scope: Scope) -> Type | None:
        if name == "super":
            function = enclosing_function(scope)
            if function is None or function.owner is None:
                return None
            bases = self.bases(function.owner)
            return Instance(bases[0]) if bases else None
        if name == "getattr" and len(node.args) >= 2:
            attribute = node.args[1]
            if isinstance(attribute, ast.Constant) and isinstance(attribute.value, str):
                return self.attribute(self.of(node.args[0], scope), attribute.value)
            return None
        given = self.of(node.args[0], scope) if node.args else None
        if not isinstance(given, Iteration):
            return None
        match name:
            case "next":
                return given.of
            case "anext":
                return Awaitable(given.of)
        return given

    # Attributes, classes

    def attribute(self, of: Type | None, name: str) -> Type | None:
        """Give what an attribute of something is."""
        match of:
            case ModuleObject(module=Module() as module):
                found = self._in_module(module, name)
                if found is not None or name in module.bindings:
                    return found
                below = self.index.find(f"{module.name}.{name}", module)
                return ModuleObject(below, of.importer) if below is not None else None
            case ModuleObject():
                return self.member(str(of.module), name, of.importer)
            case LibraryObject(bound_to=None):
                return LibraryObject(libraries.canonical(f"{of.name}.{name}"))
            case Instance(of=str(library)):
                return self._library_attribute(of, library, name)
            case Instance(of=Class() as own) | ClassObject(of=own):
                return self._once((of, "." + name), lambda: self._own_attribute(of, own, name))
            case Awaitable() | FunctionObject() | Manager() | Iteration() | Returning():
                return None
        return None

    def _library_attribute(self, of: Instance, library: str, name: str) -> Type | None:
        if library == libraries.STATE:
            values = self._states.get(name, ())
            return joined(self.of(value, scope) for value, scope in values)
        found = libraries.attribute_gives(library, name)
        return found if found is not None else LibraryObject(f"{library}.{name}", of)

    def _own_attribute(self, of: Instance | ClassObject, own: Class, name: str) -> Type | None:
        for each in self.mro(own):
            if isinstance(each, str):
                if isinstance(of, Instance):
                    return self._library_attribute(of, each, name)
                return LibraryObject(libraries.canonical(f"{each}.{name}"))
            if name in each.bindings:
                return self._class_attribute(of, each, name)
            if name in each.attributes and isinstance(of, Instance):
                return self._set_on_self(each, name)
        return None

    def _class_attribute(self, of: Instance | ClassObject, each: Class, name: str) -> Type | None:
        definition = each.bindings[name][-1].definition
        if isinstance(definition, Function):
            decorators = self.decorators(definition)
            bound = FunctionObject(definition, of)
            if decorators & _PROPERTIES:
                return self.returned(bound) if isinstance(of, Instance) else None
            if "staticmethod" in decorators:
                return FunctionObject(definition)
            return bound
        found = self._bound(each, name)
        if found is None and name in each.attributes and isinstance(of, Instance):
            return self._set_on_self(each, name)
        return found

    def _set_on_self(self, owner: Class, name: str) -> Type | None:
        places = owner.attributes[name]
        declared = [each for each in places if each[0].annotation is not None]
        return joined(
            self.of_binding(binding, function, name)
            for binding, function in (declared[:1] or places)
            if not _is_none(binding.value) or binding.annotation is not None
        )

    def bases(self, of: Class) -> list[Class | str]:
        """Give the classes that a class names as its bases, as far as they are known."""
        found: list[Class | str] = []
        for base in of.node.bases:
            value = base.value if isinstance(base, ast.Subscript) else base
            match self.of(value, of.parent or of):
                case ClassObject(of=known):
                    found.append(known)
                case LibraryObject(name=name):
                    found.append(name)
        return found

    def mro(self, of: Class) -> tuple[Class | str, ...]:
        """Give a class and what it inherits from, in the order in which names are looked up."""
        known = self._mros.get(of)
        if known is None:
            cut = self._cut
            known = tuple(self._inherited(of))
            if cut == self._cut:
                self._mros[of] = known
        return known

    def _inherited(self, of: Class) -> list[Class | str]:
        found: list[Class | str] = []

        def add(each: Class | str) -> None:
            if each in found:
                found.remove(each)  # a common base comes after all that have it
            found.append(each)
            if isinstance(each, str):
                found.extend(name for name in libraries.library_bases(each) if name not in found)
            elif len(found) < 60:
                for base in self.bases(each):
                    if base is not of:
                        add(base)

        add(of)
        return found

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
        return self._once((called.function, "()", called.bound_to), lambda: self._returned(called))

    def _returned(self, called: FunctionObject) -> Type | None:
        function = called.function
        given: Type | None = None
        if function.node.returns is not None:
            given = self.annotation(function.node.returns, function)
            if _says_self(function.node.returns) and isinstance(called.bound_to, Instance):
                given = called.bound_to
        elif function.is_generator:
            values = [each.value for each in function.yields if isinstance(each, ast.Yield)]
            given = Iteration(
                joined(self.of(each, function) for each in values if not _is_none(each) and each),
                function.is_async,
            )
        else:
            given = joined(
                self.of(each, function) for each in function.returns if not _is_none(each)
            )
        if function.is_generator and not isinstance(given, Iteration):
            given = Iteration(None, function.is_async)
        made = self._manager(function, given)
        if made is not None:
            return made
        if function.is_async and not function.is_generator:
            return Awaitable(given)
        return given

    def _manager(self, function: Function, given: Type | None) -> Manager | None:
        for name in self.decorators(function):
            if name in MANAGER_MAKERS:
                element = given.of if isinstance(given, Iteration) else None
                return Manager(element, MANAGER_MAKERS[name])
        return None

    def is_property(self, function: Function) -> bool:
        """Say whether a method runs when an attribute is read."""
        return function.owner is not None and bool(self.decorators(function) & _PROPERTIES)

    def decorators(self, function: Function) -> frozenset[str]:
        """Give the names of a function's decorators: canonical where a library's, else as written."""
        if not function.node.decorator_list:
            return _NONE
        known = self._decorators.get(function)
        if known is None:
            cut = self._cut
            known = self._named_decorators(function)
            if cut == self._cut:
                self._decorators[function] = known
        return known

    def _named_decorators(self, function: Function) -> frozenset[str]:
        names = set()
        for node in function.node.decorator_list:
            called = node.func if isinstance(node, ast.Call) else node
            of = self.of(called, function.parent or function)
            if isinstance(of, LibraryObject):
                names.add(of.name)
            elif isinstance(called, ast.Name):
                names.add(called.id)
            elif isinstance(called, ast.Attribute):
                names.add(called.attr)
        return frozenset(names)

    def entered(self, of: Type | None) -> Type | None:
        """Give what a `with` or `async with` block binds."""
        match of:
            case Manager():
                return of.of
            case Instance(of=Class()):
                for name in ("__aenter__", "__enter__"):
                    method = self.find_method(of.of, name)
                    if method is not None:
                        given = self.returned(FunctionObject(method, of))
                        return given.of if isinstance(given, Awaitable) else given
                return of if self.library_base(of.of) else None
            case Instance():
                return of
        return None

    # Annotations, dependencies

    def annotation(self, node: ast.expr, scope: Scope) -> Type | None:
        """Give what an annotation says, strings and aliases followed."""
        return self._once((node, scope, ":"), lambda: annotated_type(node, scope, self))

    def annotations(self, node: ast.expr, scope: Scope) -> tuple[Type | None, ...]:
        """Give what the parts of a subscript say, such as both in `Repository[Order, int]`."""
        parts = node.elts if isinstance(node, ast.Tuple) else [node]
        return tuple(self.annotation(each, scope) for each in parts)

    def alias(self, node: ast.expr, scope: Scope) -> tuple[ast.expr, Scope] | None:
        """Give the expression that a name or attribute was set to once, and where that stands."""
        found: tuple[Binding, Scope] | None = None
        if isinstance(node, ast.Name):
            found = self.locate(scope, node.id)
        elif isinstance(node, ast.Attribute):
            holder = self.of(node.value, scope)
            if isinstance(holder, ModuleObject) and isinstance(holder.module, Module):
                found = self.locate(holder.module, node.attr)
            elif isinstance(holder, ClassObject):
                found = self.locate(holder.of, node.attr)
        if found is None:
            return None
        binding, where = found
        if binding.kind in ("assign", "annotated") and binding.value is not None:
            return binding.value, where
        return None

    def locate(self, scope: Scope, name: str, seen: int = 0) -> tuple[Binding, Scope] | None:
        """Give the one place where a name is set, through imports and star imports."""
        where: Scope | None = None
        for around in scopes_outwards(scope):
            if name in around.bindings:
                where = around
                break
        if where is None:
            for star in scope.module.stars:
                other = self.index.find(star, scope.module)
                if other is not None and other is not scope.module and seen < 20:
                    found = self.locate(other, name, seen + 1)
                    if found is not None:
                        return found
            return None
        bindings = where.bindings[name]
        binding = next((each for each in bindings if each.typing_only), bindings[-1])
        if binding.kind == "from" and seen < 20:
            other = self.index.find(binding.target, where.module)
            if other is not None and not libraries.is_library(binding.target):
                return self.locate(other, binding.name, seen + 1)
        return binding, where

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
            self._fixtures = {
                module.path: {
                    function.name: function
                    for function in module.all_functions
                    if self._is_fixture(function)
                }
                for module in self.modules
                if module.is_test
            }
        own = self._fixtures.get(scope.module.path, {})
        if name in own and own[name] is not scope:
            return own[name]
        folder = scope.module.path
        while "/" in folder:
            folder = folder.rpartition("/")[0]
            fixture = self._fixtures.get(f"{folder}/conftest.py", {}).get(name)
            if fixture is not None and fixture is not scope:
                return fixture
        named = [each[name] for each in self._fixtures.values() if name in each]
        return named[0] if len(named) == 1 and named[0] is not scope else None

    def _is_fixture(self, function: Function) -> bool:
        return any("fixture" in name for name in self.decorators(function))


def joined(types: Iterable[Type | None]) -> Type | None:
    """Give the one type that all are, or None: one that is not known could be anything."""
    found: Type | None = None
    for each in types:
        if each is None or (found is not None and each != found):
            return None
        found = each
    return found


def _is_none(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _says_nothing(annotation: ast.expr) -> bool:
    node = unquoted(annotation)
    return isinstance(node, ast.Name | ast.Attribute) and (
        (node.id if isinstance(node, ast.Name) else node.attr) in ("Any", "object")
    )


def _says_self(annotation: ast.expr) -> bool:
    node = unquoted(annotation)
    name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
    return name == "Self"
