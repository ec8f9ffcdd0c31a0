"""Writing 2.0 statements for the queries that are understood."""

from __future__ import annotations

import ast

from async_db.modernizing.step import Step
from async_db.modernizing.steps.queries.annotations import retyped
from async_db.modernizing.steps.queries.chains import Chain, method
from async_db.modernizing.steps.queries.graph import Graph, Group
from async_db.modernizing.steps.queries.names import Names
from async_db.modernizing.steps.queries.refusals import counts_itself
from async_db.modernizing.steps.queries.rewriting import Execution, Writer
from async_db.modernizing.steps.queries.state import State
from async_db.modernizing.steps.queries.states import States, session_of
from async_db.target import Module

_RENAMED = {
    "filter": "where",
    "with_entities": "with_only_columns",
    "add_column": "add_columns",
    "add_entity": "add_columns",
    "as_scalar": "scalar_subquery",
}


class Translator:
    """Translates groups of chains, each as a whole.

    Parameters:
        step: whose edits these are.
        graph: the chains.
        states: what each of them is.
    """

    def __init__(self, step: Step, graph: Graph, states: States) -> None:
        self.step = step
        self.graph = graph
        self.states = states
        self.names = Names(step)
        self._writers: dict[Module, Writer] = {}

    def translate(self, group: Group) -> None:
        """Write a group's chains anew, and the annotations that said `Query`."""
        for chain in group.chains:
            self._chain(chain)
            if isinstance(chain.use.node, ast.AnnAssign):
                self._annotation(chain.module, chain.use.node.annotation, chain)
        for function, chains in self.graph.returned.items():
            if self.graph.group(chains[0]) is group and function.node.returns is not None:
                self._annotation(function.module, function.node.returns, chains[0])
        for parameter, function in self.graph.taking.items():
            chain = next(iter(self.graph.calls[parameter]))
            if self.graph.group(chain) is group and parameter.annotation is not None:
                self._annotation(function.module, parameter.annotation, chain)

    def finish(self) -> None:
        """Lay out what was written."""
        for writer in self._writers.values():
            writer.finish()

    def _annotation(self, module: Module, annotation: ast.expr, chain: Chain) -> None:
        source = self.step.editing(module).source(annotation)
        scope = chain.scope if chain.scope.module is module else module
        text = retyped(source, lambda: self.names.of("Select", scope))
        if text != source:
            self.step.editing(module).replace(annotation, text)
            self.step.drop_import(module, "Query")

    def _writer(self, module: Module) -> Writer:
        if module not in self._writers:
            self._writers[module] = Writer(self.step.editing(module))
        return self._writers[module]

    def _chain(self, chain: Chain) -> None:
        writer, state = self._writer(chain.module), self.states.begun(chain)
        if state is None:
            return
        if chain.use.kind == "terminal" and chain.use.name == "get":
            self._get(writer, chain)
            return
        for link in chain.links:
            self._link(writer, chain, link, state)
            state = self.states.transitions.after(state, link, chain.scope)
        match chain.use.kind:
            case "terminal":
                self._terminal(writer, chain, state)
            case "slice":
                self._slice(writer, chain, state)
            case "iterated":
                end = self._end(chain)
                behind = ".unique()" if state.repeats else ""
                if getattr(getattr(chain.use.node, "func", None), "id", "") == "dict":
                    behind += ".all()"  # of a result, which has `keys`, it would ask for items
                self._execute(writer, chain, self._reading(state), (), end, behind)
            case _:
                self._open(writer, chain)

    def _end(self, chain: Chain) -> int:
        return self.step.editing(chain.module).places.span(chain.end)[1]

    def _open(self, writer: Writer, chain: Chain) -> None:
        if chain.kind == "root":
            writer.open(chain, self.names.of("select", chain.scope))
        node = chain.use.node
        if chain.use.kind == "converted" and isinstance(node, ast.Call):
            writer.rename(node, _RENAMED.get(chain.use.name, chain.use.name))
        elif chain.use.kind == "statement" and isinstance(node, ast.Attribute):
            editing = self.step.editing(chain.module)
            editing.replace_range(writer.dot(node), editing.places.span(node)[1], "")

    def _link(self, writer: Writer, chain: Chain, link: ast.Call, before: State) -> None:
        name = method(link)
        first = link.args[0] if link.args else None
        if name == "filter_by" and before.joined not in ("", "?"):
            if all(each.arg is not None for each in link.keywords):
                self._filter_by(writer, chain, link, before.joined)
        elif name == "populate_existing":
            writer.replace_call(link, "execution_options(populate_existing=True)")
        elif name in ("yield_per", "autoflush"):
            writer.replace_head(link, f"execution_options({name}=")
        elif name in ("join", "outerjoin") and isinstance(first, ast.Constant):
            self.step.editing(chain.module).replace(first, f"{before.entity}.{first.value!s}")
        else:
            writer.rename(link, _RENAMED.get(name, name))

    def _filter_by(self, writer: Writer, chain: Chain, link: ast.Call, entity: str) -> None:
        """Write of whom `filter_by` means the columns, which a join changed."""
        editing = self.step.editing(chain.module)
        writer.rename(link, "where")
        for each in link.keywords:
            start, value = editing.places.span(each)[0], editing.places.span(each.value)[0]
            if isinstance(each.value, ast.Constant) and isinstance(each.value.value, bool | None):
                editing.replace(each, f"{entity}.{each.arg}.is_({each.value.value})")
                continue
            head = editing.places.text[start:value]
            parenthesis = head.partition("=")[2]
            editing.replace_range(start, value, f"{entity}.{each.arg} == {parenthesis.lstrip()}")
            loose = (ast.BoolOp, ast.Compare, ast.IfExp, ast.Lambda, ast.UnaryOp, ast.NamedExpr)
            if isinstance(each.value, loose) and "(" not in parenthesis:
                editing.wrap(each.value, "(", ")")

    # What executes it

    def _reading(self, state: State) -> str:
        return "scalars" if state.rows == "objects" else "execute"

    def _execute(
        self,
        writer: Writer,
        chain: Chain,
        how: str,
        additions: tuple[str, ...],
        close_at: int,
        behind: str = "",
        core: str = "",
        inner: tuple[str, ...] = (),
    ) -> None:
        state = self.states.ends(chain)
        session = state.session if state is not None else session_of(chain.source)
        if chain.kind == "root":
            core = core or self.names.of("select", chain.scope)
        openers = (f"{how}(", *inner)
        writer.execute(chain, Execution(session, openers, core, additions, close_at, behind))

    def _terminal(self, writer: Writer, chain: Chain, state: State) -> None:
        call, name = chain.use.node, chain.use.name
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
            return
        dot = writer.dot(call.func)
        reading = self._reading(state)
        unique = ".unique()" if state.repeats else ""
        match name:
            case "first":
                limited = bool(chain.links) and _limits_to_one(chain.links[-1])
                limit = () if limited or _is_raw(chain) else (".limit(1)",)
                eager = ".unique()" if state.eager and state.repeats else ""
                self._execute(writer, chain, reading, limit, dot, eager)
            case "scalar":
                always = state.one_row or state.literal
                writer.rename(call, "one" if always else "one_or_none")
                self._execute(writer, chain, "scalars", (), dot, unique)
            case "count":
                writer.rename(call, "one")
                self._count(writer, chain, state, dot)
            case "update" | "delete":
                self._write(writer, chain, call)
            case _:
                self._execute(writer, chain, reading, (), dot, unique)

    def _count(self, writer: Writer, chain: Chain, state: State, dot: int) -> None:
        select, func = (self.names.of(each, chain.scope) for each in ("select", "func"))
        counting = f"{select}({func}.count()).select_from"
        if counts_itself(chain, state):
            self._execute(writer, chain, "scalars", (), dot, core=counting)
        else:
            inner = (f"{counting}(",)
            self._execute(writer, chain, "scalars", (".subquery()",), dot, inner=inner)

    def _slice(self, writer: Writer, chain: Chain, state: State) -> None:
        node = chain.use.node
        if not isinstance(node, ast.Subscript):
            return
        editing = self.step.editing(chain.module)
        end, close = self._end(chain), editing.places.span(node)[1]
        bracket = editing.places.text.index("[", end)
        behind = (".unique()" if state.repeats else "") + ".all()"
        if isinstance(node.slice, ast.Slice):
            lower = editing.source(node.slice.lower) if node.slice.lower else ""
            upper = editing.source(node.slice.upper) if node.slice.upper else "None"
            part = f".slice({lower}, {upper})" if lower else f".limit({upper})"
            if node.slice.step is not None:
                behind += f"[::{editing.source(node.slice.step)}]"
        else:
            place = editing.source(node.slice)
            part = f".slice({place}, {place} + 1)" if place != "0" else ".limit(1)"
            behind += "[0]"
        editing.replace_range(bracket, close, "")
        self._execute(writer, chain, self._reading(state), (part,), bracket, behind)

    def _write(self, writer: Writer, chain: Chain, call: ast.Call) -> None:
        editing, name = self.step.editing(chain.module), method(call)
        end = editing.places.span(call)[1]
        given = [each.value for each in call.keywords] or call.args[int(name == "update") :]
        options = ""
        if given:
            options = f".execution_options(synchronize_session={editing.source(given[0])})"
        if name == "update":
            writer.rename(call, "values")
            if given:
                editing.replace_range(editing.places.span(call.args[0])[1], end, f"){options}")
        elif isinstance(call.func, ast.Attribute):
            behind = self._end(chain)
            dot = writer.dot(call.func)
            between = editing.places.text[behind:dot]
            start = dot if options or between.strip(" \t\r\n\\") else behind
            editing.replace_range(start, end, options)
        used = not isinstance(editing.parent(call), ast.Expr)
        core = self.names.of(name, chain.scope)
        self._execute(writer, chain, "execute", (), end, ".rowcount" if used else "", core)

    def _get(self, writer: Writer, chain: Chain) -> None:
        """Write `session.get`, which takes as arguments what a query was told before."""
        editing, root, call = self.step.editing(chain.module), chain.source, chain.use.node
        if not (isinstance(root, ast.Call) and isinstance(call, ast.Call)):
            return
        if not (isinstance(root.func, ast.Attribute) and isinstance(call.func, ast.Attribute)):
            return
        places, key = editing.places, call.args[0]
        first, last = root.args[0], places.span(key)[1]
        start, _ = writer.attribute(root.func)
        editing.replace_range(start, places.span(first)[0], "get(")
        editing.replace_range(places.span(first)[1], places.span(key)[0], ", ")
        more: list[str] = []
        options = [each for link in chain.links if method(link) == "options" for each in link.args]
        if options:
            more.append(f"options=[{', '.join(map(editing.source, options))}]")
        for link in chain.links:
            if method(link) == "populate_existing":
                more.append("populate_existing=True")
            elif method(link) == "with_for_update":
                pairs = [f'"{each.arg}": {editing.source(each.value)}' for each in link.keywords]
                said = f"{{{', '.join(pairs)}}}" if pairs else "True"
                more.append(f"with_for_update={said}")
        if more:
            editing.insert(last, "".join(f", {each}" for each in more))


def _is_raw(chain: Chain) -> bool:
    return any(method(each) == "from_statement" for each in chain.links)


def _limits_to_one(call: ast.Call) -> bool:
    if method(call) != "limit" or len(call.args) != 1:
        return False
    given = call.args[0]
    return isinstance(given, ast.Constant) and given.value == 1
