"""Relationships that a record saw read: loaded by the very queries that made their objects.

That takes a record that knows enough: each function that reads the relationship was seen doing so, each
query of its class was seen running, and what made the objects are plain queries of the service. Where
one of this is missing, the relationship is loaded wherever its object is, which is `loads`' part.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from async_db.modernizing.step import Step
from async_db.records import Place, RecordedLoad
from async_db.target import Class, ClassObject, Function, Module

_RULE = "loading/no-lazy-loads"
_GET = frozenset({"get", "get_one"})


@dataclass(frozen=True, slots=True)
class Query:
    """A query of one class, to which what it loads can be added.

    Parameters:
        module: the file.
        node: `select(Model)`, or `session.get(Model, key)`.
    """

    module: Module
    node: ast.Call


class QueryLoads:
    """What queries load, as far as the record knows it.

    Parameters:
        step: the step.
    """

    def __init__(self, step: Step) -> None:
        self.step = step
        self.modules = {each.path: each for each in step.service.modules if not each.is_test}

    def queries(self, of: Class, attribute: str, readers: Iterable[str]) -> list[Query]:
        """Give the queries that have to load a relationship; none, if not all of them are known.

        Parameters:
            of: the class.
            attribute: the relationship's name.
            readers: the functions that read an attribute of that name, as `path:name`; one that is
                empty stands for a response.
        """
        seen = [
            each
            for each in self.step.options.loads
            if each.owner_path == of.module.path
            and each.owner.rpartition(".")[2] == of.name
            and each.attribute == attribute
        ]
        if not seen or not self._all_read(seen, set(readers)) or not self._all_ran(of):
            return []
        found: dict[ast.Call, Query] = {}
        for each in seen:
            query = self._made(each, of)
            if query is None:
                return []
            found[query.node] = query
        return list(found.values())

    def write(self, queries: Iterable[Query], attribute: str) -> None:
        """Have queries load a relationship."""
        for query in queries:
            editing = self.step.editing(query.module)
            option = f"selectinload({editing.source(query.node.args[0])}.{attribute})"
            end = editing.places.span(query.node)[1]
            if isinstance(query.node.func, ast.Attribute) and query.node.func.attr in _GET:
                editing.insert(end - 1, f", options=[{option}]")
            else:
                editing.insert(end, f".options({option})")
            self.step.add_import(query.module, "sqlalchemy.orm", "selectinload")
            self.step.changed(
                query.module, query.node, "selectinload", rule=_RULE, knowledge="recorded"
            )

    def _all_read(self, seen: list[RecordedLoad], readers: set[str]) -> bool:
        """Say whether each function that reads it was seen reading it."""
        known = {f"{each.read.path}:{each.read.function}" for each in seen if not each.through}
        known |= {"" for each in seen if each.through}
        return readers <= known

    def _all_ran(self, of: Class) -> bool:
        """Say whether each query of a class is in a function that was seen asking the database."""
        return all(
            function is not None and function in self._ran for _, function in self._queries_of(of)
        )

    @cached_property
    def _ran(self) -> frozenset[Function]:
        lines: dict[str, set[int]] = {}
        by_path: dict[str, list[tuple[int, int]]] = {}
        for edge in self.step.options.edges:
            if edge.source == "recorded" and not edge.callee_path:
                by_path.setdefault(edge.path, []).append(edge.end)
        for path, ends in by_path.items():
            now = self.step.sources.now_at(path, ends)
            lines[path] = {line for line, _ in now.values()}
        return frozenset(
            function
            for path, module in self.modules.items()
            for function in module.all_functions
            if any(
                function.node.lineno <= line <= (function.node.end_lineno or 0)
                for line in lines.get(path, ())
            )
        )

    def _queries_of(self, of: Class) -> Iterator[tuple[Query, Function | None]]:
        for module in self.modules.values():
            for call in module.all_calls:
                if call.name in ("select", *_GET) and call.node.args:
                    for each in call.node.args:
                        given = self.step.service.types.of(each, call.scope)
                        if isinstance(given, ClassObject) and given.of is of:
                            scope = call.scope
                            function = scope if isinstance(scope, Function) else None
                            yield Query(module, call.node), function

    def _made(self, load: RecordedLoad, of: Class) -> Query | None:
        """Give the query that made an object whose relationship was read, if it is a plain one."""
        if load.kind != "relationship" or load.made_by != "query" or load.made is None:
            return None
        module = self.modules.get(load.made.path)
        function = self._function(module, load.made) if module is not None else None
        end = load.made.end
        if module is None or function is None or end is None:
            return None
        now = self.step.sources.now_at(load.made.path, [end]).get(end)
        nodes = [
            each
            for each in ast.walk(function.node)
            if isinstance(each, ast.expr) and (each.end_lineno, each.end_col_offset) == now
        ]
        if not nodes:
            return None
        # The outermost comes first, as it is above the others.
        reached = list(_reached(nodes[0], function))
        plain = [
            query
            for query, _ in self._queries_of(of)
            if query.node in reached and _is_plain(query.node)
        ]
        queries = [each for each in reached if isinstance(each, ast.Call) and _is_query(each)]
        return plain[0] if len(plain) == len(queries) == 1 else None

    def _function(self, module: Module, place: Place) -> Function | None:
        return next(
            (each for each in module.all_functions if each.qualname == place.function), None
        )


def _reached(node: ast.expr, function: Function) -> Iterator[ast.AST]:
    """Give what an expression is made of, also where names hold it."""
    waiting: list[ast.AST] = [node]
    known: set[ast.AST] = set()
    while waiting:
        each = waiting.pop()
        if each in known:
            continue
        known.add(each)
        yield each
        waiting += ast.iter_child_nodes(each)
        if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Load):
            bound = function.bindings.get(each.id, ())
            waiting += [one.value for one in bound if one.value is not None]


def _is_query(node: ast.Call) -> bool:
    name = getattr(node.func, "attr", getattr(node.func, "id", ""))
    return name == "select" or (name in _GET and isinstance(node.func, ast.Attribute))


def _is_plain(node: ast.Call) -> bool:
    """Say whether a query is of one class alone, and says nothing of what it loads."""
    if isinstance(node.func, ast.Attribute) and node.func.attr in _GET:
        return not any(each.arg in ("options", None) for each in node.keywords)
    return len(node.args) == 1 and not node.keywords
