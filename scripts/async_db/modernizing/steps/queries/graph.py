"""Which queries belong together: through variables, through functions that give or take one.

All that belongs together is translated together, or not at all: a variable that is a `Query` at
one place and a `Select` at another would be neither.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from async_db.modernizing.step import Step
from async_db.modernizing.steps.queries.chains import Chain, follow
from async_db.modernizing.steps.queries.flow import Flow
from async_db.target import Call, Function, FunctionObject, Module, Scope, scopes_outwards

_PLAIN = frozenset({"staticmethod", "classmethod"})


@dataclass(eq=False)
class Group:
    """Chains that belong together.

    Parameters:
        problems: why they cannot be translated, each in a sentence.
        doubts: what is not sure, each in a sentence.
    """

    chains: list[Chain] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)

    @property
    def roots(self) -> Iterator[Chain]:
        return (each for each in self.chains if each.kind == "root")


class Graph:
    """The chains of a project, and how queries go from one to another.

    Parameters:
        step: that looks at them.
        roots: the calls of `query` on a session.
    """

    def __init__(self, step: Step, roots: list[Call]) -> None:
        self.step = step
        self.chains: dict[ast.expr, Chain] = {}
        self.definitions: dict[ast.AST, list[Chain]] = {}
        """The queries that an assignment, or a parameter, may be."""
        self.returned: dict[Function, list[Chain]] = {}
        self.functions: dict[Chain, Function] = {}
        """The function that a chain begins with a call of."""
        self.choices: dict[ast.IfExp, list[Chain]] = {}
        self.calls: dict[ast.arg, dict[Chain, Call]] = {}
        """The calls that pass a query for a parameter."""
        self.taking: dict[ast.arg, Function] = {}
        self._group_of: dict[Chain, Group] = {}
        self._flows: dict[Scope, Flow] = {}
        self._sites: dict[Module, dict[ast.Call, Call]] = {}
        self._scopes: dict[Module, dict[ast.AST, Scope]] = {}
        self._waiting: list[Chain] = []
        watched = (each for root in roots if (each := _first_name(root.node)) is not None)
        self._watched = frozenset(watched) | {"self", "cls"}
        for root in roots:
            self._add(Chain(root.scope.module, root.scope, "root", root.node))
        while self._waiting:
            self._follow(self._waiting.pop())
        self._validate()

    @property
    def groups(self) -> list[Group]:
        return list(dict.fromkeys(self._group_of[each] for each in self.chains.values()))

    def group(self, chain: Chain) -> Group:
        return self._group_of[chain]

    def flow(self, scope: Scope) -> Flow | None:
        """Give what reaches what in the function or module around a scope."""
        owner: Scope = scope.function or scope.module
        if owner not in self._flows:
            node = owner.node if isinstance(owner, Function) else owner.module.tree
            if node is None:
                return None
            self._flows[owner] = Flow(node, self._watched)
        return self._flows[owner]

    # Building

    def _add(self, chain: Chain, of: Chain | None = None) -> None:
        known = self.chains.get(chain.source)
        if known is None:
            self.chains[chain.source] = chain
            group = self._group_of[chain] = Group([chain])
            follow(chain, self.step.editing(chain.module))
            self._waiting.append(chain)
            known = chain
            if chain.use.kind == "unknown":
                group.problems.append(chain.use.name)
        if of is not None:
            self._unite(known, of)

    def _unite(self, one: Chain, other: Chain) -> None:
        kept, gone = self._group_of[one], self._group_of[other]
        if kept is gone:
            return
        kept.chains += gone.chains
        kept.problems += gone.problems
        for each in gone.chains:
            self._group_of[each] = kept

    def _problem(self, chain: Chain, text: str) -> None:
        self._group_of[chain].problems.append(text)

    def _follow(self, chain: Chain) -> None:
        match chain.use.kind:
            case "assigned":
                self._assigned(chain)
            case "returned":
                self._returned(chain)
            case "passed":
                self._passed(chain)
            case "chosen":
                node = chain.use.node
                if isinstance(node, ast.IfExp):
                    self.choices.setdefault(node, []).append(chain)
                    self._add(Chain(chain.module, chain.scope, "choice", node), chain)

    def _assigned(self, chain: Chain) -> None:
        scope, name = chain.scope, chain.use.name
        flow = self.flow(scope)
        if flow is None or (scope.function is not None and name in scope.function.globals):
            self._problem(chain, f"`{name}` is set from elsewhere too")
            return
        if scope is not scope.function and scope is not scope.module:
            self._problem(chain, "it is an attribute of a class")
            return
        self._define(chain.use.node, chain, scope, flow)

    def _define(self, node: ast.AST, chain: Chain, scope: Scope, flow: Flow) -> None:
        self.definitions.setdefault(node, []).append(chain)
        for name in flow.reads.get(node, ()):
            inner = self._scope_of(scope.module, name)
            if _bound_in(name.id, inner) not in (None, scope.function, scope.module):
                continue  # an inner function has its own of that name
            self._add(Chain(scope.module, inner, "variable", name), chain)

    def _returned(self, chain: Chain) -> None:
        function = chain.scope.function
        if function is None:
            return
        self.returned.setdefault(function, []).append(chain)
        for problem in self._why_not_followed(function):
            self._problem(chain, problem)
        for call, _ in self.step.project.calls.callers(function):
            call_chain = Chain(call.scope.module, call.scope, "function", call.node)
            self._add(call_chain, chain)
            self.functions[self.chains[call.node]] = function

    def _why_not_followed(self, function: Function) -> Iterator[str]:
        """Say why the calls of a function may not all be known."""
        project = self.step.project
        if function.is_async or function.is_generator:
            yield f"`{function.name}` does not give it to who calls it, but by the event loop"
        if function.node.decorator_list and not project.types.decorators(function) <= _PLAIN:
            yield f"`{function.name}`, which gives it, is decorated"
        if function.owner is not None and self._is_overridden(function):
            yield f"`{function.name}`, which gives it, is one of several of a class and its bases"
        if self._is_mentioned(function):
            yield f"`{function.name}`, which gives it, is passed on as a value, or may be"
        for call in project.calls.named(function.name):
            if project.calls.called(call) is None:
                yield f"who calls `{function.name}`, which gives it, is not known everywhere"
                return

    def _is_overridden(self, function: Function) -> bool:
        types, owner = self.step.project.types, function.owner
        if owner is None or self.step.project.calls.overrides(function):
            return owner is not None
        return any(
            not isinstance(each, str) and each is not owner and function.name in each.bindings
            for each in types.mro(owner)
        )

    def _is_mentioned(self, function: Function) -> bool:
        """Say whether a function is read without being called at once, as far as can be told."""
        types = self.step.project.types
        for module, node in self._mentions.get(function.name, ()):
            if function.owner is not None and isinstance(node, ast.Name):
                continue
            of = types.of(node, self._scope_of(module, node))
            if of is None or (isinstance(of, FunctionObject) and of.function is function):
                return True
        return False

    @cached_property
    def _mentions(self) -> dict[str, list[tuple[Module, ast.expr]]]:
        """The names and attributes that are read without being called at once."""
        found: dict[str, list[tuple[Module, ast.expr]]] = {}
        for module in self.step.project.modules:
            called = {each.node.func for each in module.all_calls}
            for node in ast.walk(module.tree) if module.tree is not None else ():
                if node in called or not isinstance(node, ast.Name | ast.Attribute):
                    continue
                if isinstance(node.ctx, ast.Load):
                    name = node.id if isinstance(node, ast.Name) else node.attr
                    found.setdefault(name, []).append((module, node))
        return found

    def _passed(self, chain: Chain) -> None:
        node = chain.use.node
        call = self._site(chain.module, node)
        found = self._parameter(call, chain.end) if call is not None else None
        if call is None or found is None:
            said = ast.unparse(node.func) if isinstance(node, ast.Call) else "something"
            self._problem(chain, f"it is passed to `{said}`, which may ask a query for more")
            return
        function, parameter = found
        for problem in self._why_not_followed(function):
            self._problem(chain, problem.replace("gives", "takes"))
        self.taking[parameter] = function
        known = self.calls.setdefault(parameter, {})
        known[chain] = call
        flow = self.flow(function)
        if flow is not None:
            self._define(parameter, chain, function, flow)

    def _parameter(self, call: Call, value: ast.expr) -> tuple[Function, ast.arg] | None:
        """Give the parameter that a call passes an expression for, of the one function it runs."""
        callees = self.step.project.calls.callees(call)
        if len(callees) != 1 or not callees[0].exact:
            return None
        function = callees[0].function
        for keyword in call.node.keywords:
            if keyword.value is value:
                named = (each for each in function.parameters if each.arg == keyword.arg)
                parameter = next(named, None)
                return (function, parameter) if parameter is not None else None
        if any(isinstance(each, ast.Starred) for each in call.node.args):
            return None
        called = self.step.project.calls.called(call)
        bound = isinstance(called, FunctionObject) and called.bound_to is not None
        given = function.node.args
        positional = [*given.posonlyargs, *given.args][int(bound) :]
        place = call.node.args.index(value) if value in call.node.args else len(positional)
        return (function, positional[place]) if place < len(positional) else None

    def _site(self, module: Module, node: ast.AST) -> Call | None:
        if module not in self._sites:
            self._sites[module] = {each.node: each for each in module.all_calls}
        return self._sites[module].get(node) if isinstance(node, ast.Call) else None

    def _scope_of(self, module: Module, node: ast.AST) -> Scope:
        if module not in self._scopes:
            inner: list[Scope] = [*module.all_functions, *module.all_classes]
            self._scopes[module] = {each.node: each for each in inner if hasattr(each, "node")}
        editing, current = self.step.editing(module), self.step.editing(module).parent(node)
        while current is not None and current not in self._scopes[module]:
            current = editing.parent(current)
        return self._scopes[module][current] if current is not None else module

    # Whether all is known

    def _validate(self) -> None:
        for chain in self.chains.values():
            if chain.kind == "variable":
                self._validate_variable(chain)
        for function, chains in self.returned.items():
            ends = {each.end for each in chains}
            if any(each not in ends and not _is_none(each) for each in function.returns):
                self._problem(chains[0], f"`{function.name}` gives something else as well")
        for node, chains in self.choices.items():
            ends = {each.end for each in chains}
            if not {node.body, node.orelse} <= ends:
                self._problem(chains[0], "it is one of two, and the other is no query")
        for parameter, passing in self.calls.items():
            self._validate_parameter(parameter, passing)

    def _validate_variable(self, chain: Chain) -> None:
        name = chain.source
        flow = self.flow(chain.scope)
        reaching = flow.reaching.get(name) if flow and isinstance(name, ast.Name) else None
        if reaching is None:
            return  # of an outer function, each assignment of which is looked at there
        for node in reaching:
            value = getattr(node, "value", None)
            if node not in self.definitions and not (value is not None and _is_none(value)):
                text = f"`{ast.unparse(name)}` may be something that is not known to be a query"
                self._problem(chain, text)

    def _validate_parameter(self, parameter: ast.arg, chains: dict[Chain, Call]) -> None:
        function = self.taking[parameter]
        passing = {call.node for call in chains.values()}
        for call, _ in self.step.project.calls.callers(function):
            if call.node not in passing:
                text = f"`{function.name}` is also called with what is not known to be a query"
                self._problem(next(iter(chains)), text)
                return


def _bound_in(name: str, scope: Scope) -> Scope | None:
    return next((each for each in scopes_outwards(scope) if name in each.bindings), None)


def _first_name(call: ast.Call) -> str | None:
    node: ast.expr = call.func
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None
