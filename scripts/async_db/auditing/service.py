"""The service that is audited: the model of its project, and what several detectors ask of it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from functools import cached_property

from async_db.auditing.sessions import Sessions
from async_db.findings import Finding, Grade
from async_db.target import (
    Call,
    Function,
    FunctionObject,
    LibraryObject,
    Module,
    Project,
    Read,
    Release,
    Scope,
    enclosing_function,
    libraries,
)

_MIGRATIONS = frozenset({"alembic", "migrations", "migration", "revisions"})
_ASIDE = frozenset({"benchmarks", "docs", "docs_src", "examples", "scripts", "tools"})
_MAIN = re.compile(r"^if __name__ == ['\"]__main__['\"]", re.MULTILINE)


class Service:
    """What is audited.

    Parameters:
        project: the model of its source.
    """

    def __init__(self, project: Project) -> None:
        self.project = project
        self.types = project.types
        self.calls = project.calls
        self.web = project.web
        self.sessions = Sessions(project)
        self._serves: dict[Module, bool] = {}
        self._imports: dict[Module, set[Module]] = {}
        self._parents: dict[ast.AST, ast.AST] = {}

    # Which files are what

    @cached_property
    def modules(self) -> tuple[Module, ...]:
        """What serves: neither tests nor migrations nor scripts that nothing imports."""
        return tuple(module for module in self.project.modules if self.serves(module))

    @cached_property
    def tests(self) -> tuple[Module, ...]:
        return tuple(module for module in self.project.modules if module.is_test)

    @cached_property
    def environments(self) -> tuple[Module, ...]:
        """Alembic's `env.py` files."""
        return tuple(
            module
            for module in self.project.modules
            if module.path.rpartition("/")[2] == "env.py" and "alembic" in module.text
        )

    def serves(self, module: Module) -> bool:
        """Say whether a module is neither a test nor a migration nor a script that stands alone."""
        if module not in self._serves:
            self._serves[module] = self._is_served(module)
        return self._serves[module]

    def _is_served(self, module: Module) -> bool:
        folders = module.path.split("/")[:-1]
        if module.is_test or _MIGRATIONS & set(folders) or _ASIDE & set(folders):
            return False
        if module in self.environments:
            return False
        is_script = "__main__" in module.text and _MAIN.search(module.text)
        return not (is_script and module not in self._imported)

    def imports_of(self, module: Module) -> set[Module]:
        """Give the modules of the project that a module imports, packages on the way included."""
        if module not in self._imports:
            found: set[Module] = set()
            names: set[str] = set()
            for binding in module.imports:
                if binding.kind == "import":
                    names.add(binding.name)
                elif self.project.index.knows(binding.target):
                    dot = "" if binding.target.endswith(".") else "."
                    names.update((binding.target, f"{binding.target}{dot}{binding.name}"))
            for name in _with_packages((*names, *module.stars)):
                other = self.project.index.find(name, module)
                if other is not None and other is not module:
                    found.add(other)
            self._imports[module] = found
        return self._imports[module]

    @cached_property
    def _imported(self) -> set[Module]:
        return {other for module in self.project.modules for other in self.imports_of(module)}

    @cached_property
    def reached(self) -> frozenset[Module]:
        """The modules that an application or its routes are in, and all that these import."""
        waiting = [module for module in self.modules if "FastAPI(" in module.text]
        waiting += [route.function.module for route in self.web.routes]
        found: set[Module] = set()
        while waiting:
            module = waiting.pop()
            if module not in found:
                found.add(module)
                waiting += self.imports_of(module)
        return frozenset(found)

    def is_entry(self, module: Module) -> bool:
        """Say whether nothing in the project imports a module: it is a script, or what a server is told."""
        return module not in self._imported

    @cached_property
    def is_async(self) -> bool:
        """Whether anything in the service uses the async side of SQLAlchemy."""
        return any(
            "sqlalchemy.ext.asyncio" in module.text or "sqlmodel.ext.asyncio" in module.text
            for module in self.modules
        )

    @cached_property
    def has_application(self) -> bool:
        return bool(self.web.routes) or any("FastAPI(" in module.text for module in self.modules)

    # Calls

    def calls_named(self, *names: str, tests: bool = False) -> Iterator[Call]:
        """Give the calls of something of these names in what serves, or in the tests."""
        for name in names:
            for call in self.calls.named(name):
                module = call.scope.module
                if module.is_test if tests else module in self._serving:
                    yield call

    @cached_property
    def _serving(self) -> frozenset[Module]:
        return frozenset(self.modules)

    def library_name(self, call: Call) -> str:
        """Give the canonical name of what a call calls, if it is a library's; else nothing."""
        called = self.calls.called(call)
        return called.name if isinstance(called, LibraryObject) else ""

    def library_calls(self, *names: str, tests: bool = False) -> Iterator[Call]:
        """Give the calls of these functions or classes of libraries, by their canonical names."""
        last = {name.rpartition(".")[2] for name in names}
        for call in self.calls_named(*sorted(last), tests=tests):
            if self.library_name(call) in names:
                yield call

    def ports_of(self, call: Call) -> list[Function]:
        """Give the method without a body that a call names, if it is one: it runs another."""
        if call.name and call.name not in self.calls.bound_names:
            return []
        called = self.calls.called(call)
        if isinstance(called, FunctionObject) and self.calls.is_abstract(called.function):
            return [called.function]
        return []

    @cached_property
    def engine_calls(self) -> tuple[tuple[Call, bool], ...]:
        """The calls that make an engine in what serves, and whether it is an async one."""
        sync = list(self.library_calls("sqlalchemy.create_engine", "sqlalchemy.engine_from_config"))
        own = list(
            self.library_calls(
                f"{libraries.ASYNC}create_async_engine",
                f"{libraries.ASYNC}async_engine_from_config",
            )
        )
        found = [(call, False) for call in sync] + [(call, True) for call in own]
        return tuple(
            sorted(found, key=lambda pair: (pair[0].scope.module.path, pair[0].node.lineno))
        )

    @cached_property
    def making_engines(self) -> frozenset[Function]:
        """The functions that make an async engine, themselves or by what they call."""
        name = f"{libraries.ASYNC}create_async_engine"
        calls = [call for tests in (True, False) for call in self.library_calls(name, tests=tests)]
        return frozenset(self.sessions.reaching_calls(calls))

    def given(self, call: Call, name: str) -> tuple[ast.expr | None, bool]:
        """Give what a call passes by a name, and whether that is all there is to see.

        A dictionary that is passed by `**` is looked into, where it is a literal.
        """
        found = keyword(call.node, name)
        certain = not any(isinstance(each, ast.Starred) for each in call.node.args)
        for each in call.node.keywords:
            if each.arg is None:
                value, known = self._in_dictionary(each.value, call.scope, name)
                found = value if value is not None else found
                certain = certain and known
        return found, certain

    def _in_dictionary(
        self, node: ast.expr, scope: Scope, name: str
    ) -> tuple[ast.expr | None, bool]:
        if isinstance(node, ast.Name):
            located = self.types.locate(scope, node.id)
            value = located[0].value if located is not None else None
            if located is None or value is None or isinstance(value, ast.Name):
                return None, False
            several = len(located[1].bindings.get(node.id, ())) > 1
            found, certain = self._in_dictionary(value, located[1], name)
            return found, certain and not several
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
            left, left_known = self._in_dictionary(node.left, scope, name)
            right, right_known = self._in_dictionary(node.right, scope, name)
            return (right if right is not None else left), left_known and right_known
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if key is None or not isinstance(key, ast.Constant):
                    return None, False
                if key.value == name:
                    return value, True
            return None, True
        return None, False

    # Syntax around a node

    def ancestors(self, node: ast.AST, module: Module) -> Iterator[ast.AST]:
        """Give what a node stands in, the nearest first, up to the module."""
        if node not in self._parents:
            self._note_parents(node, module)
        current = self._parents.get(node)
        while current is not None:
            yield current
            current = self._parents.get(current)

    def _note_parents(self, node: ast.AST, module: Module) -> None:
        """Note what is in what, in the one function or statement that a node stands in."""
        if module.tree is None:
            return
        around: ast.AST = module.tree
        while isinstance(around, ast.Module | ast.ClassDef):
            inner = _statement_around(node, around.body)
            if inner is None:
                break  # it stands in the head of a class
            self._parents[inner] = around
            around = inner
        self._note_below(around)
        if node not in self._parents:
            self._note_below(module.tree)  # what f-strings hold is not always where it says

    def _note_below(self, node: ast.AST) -> None:
        waiting = [node]
        while waiting:
            each = waiting.pop()
            for value in each.__dict__.values():  # a third of what `iter_child_nodes` takes
                for child in value if value.__class__ is list else (value,):
                    if isinstance(child, ast.AST):
                        self._parents[child] = each
                        if child.__class__ is not ast.Name and child.__class__ is not ast.Constant:
                            waiting.append(child)

    def within_function(self, node: ast.AST, module: Module) -> Iterator[ast.AST]:
        """Give what a node stands in, up to the function around it."""
        for each in self.ancestors(node, module):
            yield each
            if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
                return

    # Requests

    @cached_property
    def served_functions(self) -> dict[Function, Function]:
        """The functions that run for requests, by calls that are sure, and for which operation."""
        found: dict[Function, Function] = {}
        starts = [route.function for route in self.web.routes]
        starts += list(self.web.provided_functions)
        waiting = [each for each in starts if self.serves(each.module)]
        found.update({each: each for each in waiting})
        while waiting:
            function = waiting.pop()
            for call in function.calls:
                for callee in self.calls.callees(call):
                    if callee.exact and callee.function not in found:
                        found[callee.function] = found[function]
                        waiting.append(callee.function)
        return found

    @cached_property
    def lifespans(self) -> frozenset[Function]:
        """The functions that an application is given as its lifespan: nothing is served meanwhile."""
        found = set()
        for call in self.library_calls(libraries.APPLICATION, libraries.ROUTER):
            given, _ = self.given(call, "lifespan")
            of = self.types.of(given, call.scope) if given is not None else None
            if isinstance(of, FunctionObject):
                found.add(of.function)
        return frozenset(found)

    def from_request(self, node: ast.expr, scope: Scope) -> bool:
        """Say whether an expression is what a function was given, as a request's session is."""
        function = enclosing_function(scope)
        if isinstance(node, ast.Attribute):
            return self.from_request(node.value, scope)
        if not isinstance(node, ast.Name) or function is None:
            return False
        bindings = function.bindings.get(node.id, ())
        return bool(bindings) and all(each.kind == "parameter" for each in bindings)

    # Telling

    def release(self, name: str) -> Release | None:
        return self.project.releases.get(name)

    def finding(
        self,
        rule: str,
        grade: Grade,
        where: Call | Read | tuple[Module, ast.AST],
        message: str,
        advice: str,
        evidence: Iterable[str] = (),
    ) -> Finding:
        """Make a finding.

        Parameters:
            rule: the rule's name.
            grade: how sure it is.
            where: the call, or a module and a node in it.
            message: what is wrong, in one sentence.
            advice: what to do, in one sentence.
            evidence: what shows it, a line each; the code itself, if nothing is given.
        """
        module, node = where if isinstance(where, tuple) else (where.scope.module, where.node)
        shown = tuple(evidence) or (module.source(node),)
        line = getattr(node, "lineno", 1)
        return Finding(rule, grade, module.path, line, message, advice, evidence=shown)


def _statement_around(node: ast.AST, body: list[ast.stmt]) -> ast.stmt | None:
    """Give the statement that a node is in, by where both are."""
    line, column = getattr(node, "lineno", 0), getattr(node, "col_offset", 0)
    for each in body:
        if (line, column) < (each.end_lineno or 0, each.end_col_offset or 0):
            decorators = getattr(each, "decorator_list", ())
            start = min([each.lineno, *(decorator.lineno for decorator in decorators)])
            return each if start <= line else None
    return None


def _with_packages(names: Iterable[str]) -> set[str]:
    """Give dotted names, and those of what each of them is in; each once."""
    found: set[str] = set()
    for each in names:
        name = each
        while name and name not in found:
            found.add(name)
            above = name.rpartition(".")[0]
            name = above if above.strip(".") else ""
    return found


def keyword(call: ast.Call, name: str) -> ast.expr | None:
    """Give what a call passes by a name."""
    return next((each.value for each in call.keywords if each.arg == name), None)


def passes_more(call: ast.Call) -> bool:
    """Say whether a call passes what cannot be seen, by `*` or `**`."""
    return any(each.arg is None for each in call.keywords) or any(
        isinstance(each, ast.Starred) for each in call.args
    )


def is_constant(node: ast.expr | None, value: object) -> bool:
    return isinstance(node, ast.Constant) and node.value is value


def literal(node: ast.expr | None) -> str:
    """Give a literal text, or nothing."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
