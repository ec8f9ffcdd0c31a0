"""Which assignments a variable's value may come from, at each place where it is read."""

from __future__ import annotations

import ast
from collections.abc import Iterable

Environment = dict[str, frozenset[ast.AST]]
_Body = ast.Module | ast.FunctionDef | ast.AsyncFunctionDef
_COMPREHENSIONS = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


class Flow:
    """The assignments that reach each read of a name in a function or module.

    An assignment is told by its node: the statement, the `NamedExpr`, the `arg` of a parameter.
    What an inner function reads of the outer one may be any assignment of it.

    Parameters:
        body: the function or module.
        watched: names of which each read of any name keeps what they are by then.
    """

    def __init__(self, body: _Body, watched: frozenset[str] = frozenset()) -> None:
        self._watched = watched
        self._around: dict[ast.Name, dict[str, frozenset[ast.AST]]] = {}
        self.reaching: dict[ast.Name, frozenset[ast.AST]] = {}
        self.reads: dict[ast.AST, list[ast.Name]] = {}
        """The reads that an assignment reaches."""
        self._assigned: dict[str, set[ast.AST]] = {}
        self._inner: list[ast.AST] = []
        self._leaving: list[tuple[list[Environment], list[Environment]]] = []
        start: Environment = {}
        if not isinstance(body, ast.Module):
            for each in _arguments(body.args):
                self._bind(each.arg, each, start)
        self._block(body.body, start)
        for inner in self._inner:
            self._read_from_inside(inner)
        for name, nodes in self.reaching.items():
            for node in nodes:
                self.reads.setdefault(node, []).append(name)

    def at(self, name: str, node: ast.Name) -> frozenset[ast.AST] | None:
        """Give the assignments of a watched name that reach the place where another is read.

        None is given for a place in an inner function, where nothing is known of the outer one.
        """
        around = self._around.get(node)
        return around.get(name, frozenset()) if around is not None else None

    # Statements

    def _block(self, body: Iterable[ast.stmt], start: Environment) -> Environment | None:
        current: Environment | None = start
        for each in body:
            if current is None:
                return None
            current = self._statement(each, current)
        return current

    def _statement(self, node: ast.stmt, now: Environment) -> Environment | None:
        match node:
            case ast.Return() | ast.Raise():
                self._children(node, now)
                return None
            case ast.Break() | ast.Continue():
                if self._leaving:
                    self._leaving[-1][isinstance(node, ast.Continue)].append(dict(now))
                return None
            case ast.If():
                self._expression(node.test, now)
                return _either(
                    self._block(node.body, dict(now)), self._block(node.orelse, dict(now))
                )
            case ast.For() | ast.AsyncFor() | ast.While():
                return self._loop(node, now)
            case ast.With() | ast.AsyncWith():
                for item in node.items:
                    self._expression(item.context_expr, now)
                    if item.optional_vars is not None:
                        self._target(item.optional_vars, node, now)
                return self._block(node.body, now)
            case ast.Try() | ast.TryStar():
                return self._try(node, now)
            case ast.Match():
                return self._match(node, now)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                return self._definition(node, now)
        self._simple(node, now)
        return now

    def _simple(self, node: ast.stmt, now: Environment) -> None:
        match node:
            case ast.Assign():
                self._expression(node.value, now)
                for target in node.targets:
                    self._target(target, node, now)
            case ast.AnnAssign():
                if node.value is not None:
                    self._expression(node.value, now)
                    self._target(node.target, node, now)
            case ast.AugAssign():
                if isinstance(node.target, ast.Name):
                    self._read(node.target, now)
                self._expression(node.value, now)
                self._target(node.target, node, now)
            case ast.Import() | ast.ImportFrom():
                for alias in node.names:
                    self._bind((alias.asname or alias.name).partition(".")[0], node, now)
            case _:
                self._children(node, now)

    def _loop(self, node: ast.For | ast.AsyncFor | ast.While, now: Environment) -> Environment:
        if not isinstance(node, ast.While):
            self._expression(node.iter, now)
        around: Environment = now
        broken: list[Environment] = []
        for _ in range(2):  # what the end of the body assigned reaches its beginning
            self._leaving.append(([], []))
            inside = dict(around)
            if isinstance(node, ast.While):
                self._expression(node.test, inside)
            else:
                self._target(node.target, node, inside)
            after = self._block(node.body, inside)
            breaks, continues = self._leaving.pop()
            broken += breaks
            for each in [after, *continues]:
                around = _either(around, each) or around
        done = self._block(node.orelse, dict(around))
        for each in broken:
            done = _either(done, each)
        return done if done is not None else around

    def _try(self, node: ast.Try | ast.TryStar, now: Environment) -> Environment | None:
        anywhere: Environment | None = dict(now)
        current: Environment | None = dict(now)
        for each in node.body:
            if current is None:
                break
            current = self._statement(each, current)
            anywhere = _either(anywhere, current)
        if current is not None:
            current = self._block(node.orelse, current)
        for handler in node.handlers:
            inside = dict(anywhere or now)
            if handler.name:
                self._bind(handler.name, handler, inside)
            current = _either(current, self._block(handler.body, inside))
        if not node.finalbody:
            return current
        after = self._block(node.finalbody, dict(_either(current, anywhere) or now))
        return after if current is not None else None

    def _match(self, node: ast.Match, now: Environment) -> Environment | None:
        self._expression(node.subject, now)
        found: Environment | None = dict(now)
        for case in node.cases:
            inside = dict(now)
            for each in ast.walk(case.pattern):
                name = getattr(each, "name", None) or getattr(each, "rest", None)
                if isinstance(name, str):
                    self._bind(name, each, inside)
            if case.guard is not None:
                self._expression(case.guard, inside)
            found = _either(found, self._block(case.body, inside))
        return found

    def _definition(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, now: Environment
    ) -> Environment:
        for each in node.decorator_list:
            self._expression(each, now)
        if not isinstance(node, ast.ClassDef):
            for default in [*node.args.defaults, *node.args.kw_defaults]:
                if default is not None:
                    self._expression(default, now)
        self._inner.append(node)
        self._bind(node.name, node, now)
        return now

    def _read_from_inside(self, inner: ast.AST) -> None:
        for each in ast.walk(inner):
            if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Load):
                found = self._assigned.get(each.id)
                if found:
                    self.reaching[each] = self.reaching.get(each, frozenset()) | frozenset(found)

    # Expressions

    def _children(self, node: ast.AST, now: Environment) -> None:
        for each in ast.iter_child_nodes(node):
            self._expression(each, now)

    def _expression(self, node: ast.AST, now: Environment) -> None:
        match node:
            case ast.Name(ctx=ast.Load()):
                self._read(node, now)
            case ast.NamedExpr():
                self._expression(node.value, now)
                self._bind(node.target.id, node, now)
            case ast.Lambda():
                inside = dict(now)
                for each in _arguments(node.args):
                    inside[each.arg] = frozenset([each])
                self._expression(node.body, inside)
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                self._comprehension(node, now)
            case _:
                self._children(node, now)

    def _comprehension(self, node: _COMPREHENSIONS, now: Environment) -> None:
        inside = dict(now)
        for each in node.generators:
            self._expression(each.iter, inside)
            for target in ast.walk(each.target):
                if isinstance(target, ast.Name):
                    inside[target.id] = frozenset([each])
            for test in each.ifs:
                self._expression(test, inside)
        if isinstance(node, ast.DictComp):
            self._expression(node.key, inside)
            self._expression(node.value, inside)
        else:
            self._expression(node.elt, inside)

    def _read(self, node: ast.Name, now: Environment) -> None:
        around = self._around.setdefault(node, {})
        for name in self._watched:
            if name in now:
                around[name] = around.get(name, frozenset()) | now[name]
        found = now.get(node.id)
        if found:
            self.reaching[node] = self.reaching.get(node, frozenset()) | found

    def _target(self, target: ast.expr, node: ast.AST, now: Environment) -> None:
        if isinstance(target, ast.Name):
            self._bind(target.id, node, now)
        elif isinstance(target, ast.Tuple | ast.List):
            for each in target.elts:
                self._target(each, node, now)
        elif isinstance(target, ast.Starred):
            self._target(target.value, node, now)
        else:
            self._children(target, now)

    def _bind(self, name: str, node: ast.AST, now: Environment) -> None:
        now[name] = frozenset([node])
        self._assigned.setdefault(name, set()).add(node)


def _arguments(given: ast.arguments) -> list[ast.arg]:
    found = [*given.posonlyargs, *given.args, *given.kwonlyargs]
    return [*found, *(each for each in (given.vararg, given.kwarg) if each is not None)]


def _either(one: Environment | None, other: Environment | None) -> Environment | None:
    """Give what may be known behind two ways, of which one may not go on."""
    if one is None or other is None:
        return dict(one) if one is not None else (dict(other) if other is not None else None)
    return {
        name: one.get(name, frozenset()) | other.get(name, frozenset())
        for name in one.keys() | other.keys()
    }
