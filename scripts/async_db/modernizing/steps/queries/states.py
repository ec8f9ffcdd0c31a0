"""The state of each query of a project, followed through variables and functions to a fixed point."""

from __future__ import annotations

import ast
from dataclasses import replace

from async_db.modernizing.steps.queries.chains import Chain
from async_db.modernizing.steps.queries.graph import Graph
from async_db.modernizing.steps.queries.state import State, Transitions, merged
from async_db.target import Call, Function, argument

_MOST_ROUNDS = 40


class States:
    """What each chain is, where it begins and after each of its calls.

    Parameters:
        graph: the chains.
        transitions: tells what a call makes of a query.
    """

    def __init__(self, graph: Graph, transitions: Transitions) -> None:
        self.graph = graph
        self.transitions = transitions
        self._begun: dict[Chain, State] = {}
        self._ends: dict[Chain, State] = {}
        for _ in range(_MOST_ROUNDS):
            if not self._round():
                break

    def begun(self, chain: Chain) -> State | None:
        """Give what a chain begins with."""
        return self._begun.get(chain)

    def ends(self, chain: Chain) -> State | None:
        """Give what a chain is before it is used."""
        return self._ends.get(chain)

    def _round(self) -> bool:
        changed = False
        for chain in self.graph.chains.values():
            begun = self._begin(chain)
            if begun is None or begun == self._begun.get(chain):
                continue
            state = self._begun[chain] = begun
            for link in chain.links:
                state = self.transitions.after(state, link, chain.scope)
            self._ends[chain] = state
            changed = True
        return changed

    def _begin(self, chain: Chain) -> State | None:
        graph = self.graph
        match chain.kind:
            case "root":
                session = session_of(chain.source)
                return self.transitions.root(chain, session, self._from(chain, session))
            case "choice" if isinstance(chain.source, ast.IfExp):
                return merged(self._ends.get(each) for each in graph.choices[chain.source])
            case "function":
                return self._given(chain, graph.functions[chain])
        flow = graph.flow(chain.scope)
        name = chain.source
        reaching = flow.reaching.get(name) if flow and isinstance(name, ast.Name) else None
        nodes = reaching or [
            node for node, each in graph.definitions.items() if self._is_outer(chain, each)
        ]
        found: list[State | None] = []
        for node in nodes:
            for each in graph.definitions.get(node, ()):
                end = self._ends.get(each)
                call = graph.calls[node].get(each) if isinstance(node, ast.arg) else None
                if call is not None and isinstance(node, ast.arg) and end is not None:
                    end = replace(self._taken(graph.taking[node], call, end), taken=node)
                found.append(end)
        return merged(found)

    def _is_outer(self, chain: Chain, definitions: list[Chain]) -> bool:
        """Say whether a variable of an inner function may be one that is set in the outer one."""
        name = chain.source.id if isinstance(chain.source, ast.Name) else ""
        group = self.graph.group(chain)
        return any(
            self.graph.group(each) is group and each.use.name == name for each in definitions
        )

    def _from(self, chain: Chain, session: str) -> frozenset[ast.AST] | None:
        """Give the assignments that the name of a session comes from where a chain begins."""
        flow, anchor = self.graph.flow(chain.scope), chain.anchor
        if not session or flow is None or anchor is None:
            return None
        return flow.at(session.partition(".")[0], anchor)

    def _given(self, chain: Chain, function: Function) -> State | None:
        """Give what a call of a function gives, by the names of who calls."""
        state = merged(self._ends.get(each) for each in self.graph.returned.get(function, ()))
        if state is None or not isinstance(chain.source, ast.Call):
            return state
        passed = self._passed(chain, state)
        if passed is not None:
            return replace(
                state,
                session=passed.session,
                session_from=passed.session_from,
                rows=passed.rows if state.rows == "mixed" else state.rows,
                selected=state.selected or passed.selected,
                taken=passed.taken,
            )
        session = _at_call(state.session, function, chain)
        return replace(state, session=session, session_from=self._from(chain, session))

    def _passed(self, chain: Chain, state: State) -> State | None:
        """Give the query that a call passes, where that is what the function gives back."""
        given = self.graph.calls.get(state.taken, {}) if state.taken is not None else {}
        ends = (self._ends.get(each) for each, call in given.items() if call.node is chain.source)
        return next(ends, None)

    def _taken(self, function: Function, call: Call, state: State) -> State:
        """Give what a function is given, by the names of its own parameters."""
        for parameter in function.parameters:
            passed = argument(call.node, function, parameter.arg)
            if state.session and passed is not None and ast.unparse(passed) == state.session:
                return replace(state, session=parameter.arg, session_from=frozenset([parameter]))
        receiver = call.node.func.value if isinstance(call.node.func, ast.Attribute) else None
        first = function.parameters[:1]
        if receiver is not None and function.owner is not None and first:
            own = f"{ast.unparse(receiver)}."
            if state.session.startswith(own):
                session = f"{first[0].arg}.{state.session.removeprefix(own)}"
                return replace(state, session=session, session_from=frozenset(first))
        return replace(state, session="", session_from=None)


def session_of(call: ast.expr) -> str:
    """Give how the session of `session.query(…)` is written, if it can be written again."""
    if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
        return dotted(call.func.value)
    return ""


def dotted(node: ast.expr) -> str:
    """Give a name with attributes as it is written; nothing for what runs something."""
    inner = node
    while isinstance(inner, ast.Attribute):
        inner = inner.value
    return ast.unparse(node) if isinstance(inner, ast.Name) else ""


def _at_call(session: str, function: Function, chain: Chain) -> str:
    """Give how a function's session is written where it is called."""
    call = chain.source
    first, _, rest = session.partition(".")
    names = [each.arg for each in function.parameters]
    if not isinstance(call, ast.Call) or not first:
        return ""
    if first in names:
        bound = function.owner is not None and names[0] == first and rest != ""
        if bound and isinstance(call.func, ast.Attribute):
            passed: ast.expr | None = call.func.value
        else:
            passed = argument(call, function, first)
        text = dotted(passed) if passed is not None else ""
        return f"{text}.{rest}" if text and rest else text
    if first in function.bindings:
        return ""  # made by the function itself
    same = function.module is chain.module and first in function.module.bindings
    return session if same else ""
