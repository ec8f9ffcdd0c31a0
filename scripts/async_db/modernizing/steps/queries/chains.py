"""A chain of calls on a query, from where the query comes from to what is done with it."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import Literal

from async_db.modernizing.editing import Editing
from async_db.target import Module, Scope


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


BUILDERS = words("""filter where filter_by join outerjoin options order_by group_by having limit offset slice
    distinct with_for_update select_from with_entities execution_options populate_existing
    yield_per add_columns add_column add_entity correlate autoflush prefix_with suffix_with
    from_statement params""")
"""Methods of a query that give a query, each with a counterpart."""
TERMINALS = words("all first one one_or_none scalar count get update delete")
CONVERTERS = words("subquery exists scalar_subquery as_scalar cte label")
_ITERATED = words(
    "list tuple set sorted sum any all min max enumerate zip dict frozenset iter reversed"
)
_CONSTRUCTS = words("in_ not_in notin_ any_ all_ exists union union_all")

SourceKind = Literal["root", "variable", "function", "choice"]
UseKind = Literal[
    "terminal",  # `node` is the call, `name` the method
    "slice",  # `node` is the subscript
    "iterated",
    "converted",  # `node` is the call, `name` the method
    "statement",  # `node` is the attribute
    "assigned",  # `node` is the statement, `name` the variable
    "returned",  # `node` is the `return`
    "passed",  # `node` is the call
    "chosen",  # `node` is the conditional expression
    "construct",  # passed to what takes a select as well
    "tested",  # compared to None
    "discarded",
    "unknown",  # `name` says what is done with it
]


@dataclass(frozen=True, slots=True)
class Use:
    """What is done with a query."""

    kind: UseKind
    node: ast.AST
    name: str = ""


@dataclass(eq=False, slots=True)
class Chain:
    """A chain.

    Parameters:
        kind: where the query comes from: `query(…)`, a variable, a function, either of two.
        source: the expression that gives it.
        links: the calls on it that build on, first to last.
        end: the whole expression that is still a query.
        use: what is done with that.
    """

    module: Module
    scope: Scope
    kind: SourceKind
    source: ast.expr
    links: list[ast.Call] = field(default_factory=list)
    end: ast.expr = field(init=False)
    use: Use = field(init=False)

    def __post_init__(self) -> None:
        self.end = self.source
        self.use = Use("discarded", self.source)

    @property
    def is_closed(self) -> bool:
        """Whether the query is executed in the same expression."""
        return self.use.kind in ("terminal", "slice", "iterated")

    @property
    def anchor(self) -> ast.Name | None:
        """A name that is read where the query comes from."""
        names = (each for each in ast.walk(self.source) if isinstance(each, ast.Name))
        return next(names, None)


def method(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""


def follow(chain: Chain, editing: Editing) -> None:
    """Go from where a query comes from to what is done with it."""
    while True:
        parent = editing.parent(chain.end)
        above = editing.parent(parent) if parent is not None else None
        if not (isinstance(parent, ast.Attribute) and parent.value is chain.end):
            chain.use = _use(chain.end, parent, editing)
            return
        if not (isinstance(above, ast.Call) and above.func is parent):
            known = parent.attr == "statement"
            said = f"its `{parent.attr}` is used"
            chain.use = Use("statement", parent) if known else Use("unknown", parent, said)
            return
        if parent.attr not in BUILDERS:
            chain.use = _called(parent.attr, above)
            return
        chain.links.append(above)
        chain.end = above


def _called(name: str, call: ast.Call) -> Use:
    if name in TERMINALS:
        return Use("terminal", call, name)
    if name in CONVERTERS:
        return Use("converted", call, name)
    return Use("unknown", call, f"`{name}` has no counterpart that is the same in all cases")


def _use(node: ast.expr, parent: ast.AST | None, editing: Editing) -> Use:
    match parent:
        case ast.Subscript(value=value) if value is node:
            return Use("slice", parent)
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            return Use("assigned", parent, name)
        case ast.Return():
            return Use("returned", parent)
        case ast.For() | ast.comprehension() if parent.iter is node and not _is_async(parent):
            return Use("iterated", parent)
        case ast.Starred() | ast.YieldFrom():
            return Use("iterated", parent)
        case ast.Call() if parent.func is not node:
            return _passed(parent)
        case ast.keyword():
            call = editing.parent(parent)
            if isinstance(call, ast.Call) and parent.arg is not None:
                return Use("passed", call)
        case ast.IfExp() if parent.test is not node:
            return Use("chosen", parent)
        case ast.Compare(ops=[ast.Is() | ast.IsNot()], comparators=[ast.Constant(value=None)]):
            return Use("tested", parent)
        case ast.Expr():
            return Use("discarded", parent)
        case ast.If() | ast.While() | ast.BoolOp() | ast.UnaryOp():
            return Use("unknown", node, "it is asked for its truth, which a query always has")
        case ast.Assign() | ast.AnnAssign():
            return Use("unknown", node, "it is kept on an object, and may be used anywhere")
    return Use("unknown", node, "what becomes of it cannot be seen")


def _is_async(node: ast.For | ast.comprehension) -> bool:
    return isinstance(node, ast.comprehension) and bool(node.is_async)


def _passed(call: ast.Call) -> Use:
    if isinstance(call.func, ast.Name) and call.func.id in _ITERATED:
        return Use("iterated", call)
    last = call.func.attr if isinstance(call.func, ast.Attribute) else ast.unparse(call.func)
    return Use("construct" if last in _CONSTRUCTS else "passed", call)
