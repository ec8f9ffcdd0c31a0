"""`with` statements whose managers become async: `async with`, split where only some of them are."""

from __future__ import annotations

import ast

from async_db.modernizing.editing import Editing
from async_db.modernizing.step import Step
from async_db.target import Module

_RULE = "migrating/slice-by-slice"


class Managers:
    """Collects the managers that become async, and writes the statements once all are known.

    Parameters:
        step: the step.
    """

    def __init__(self, step: Step) -> None:
        self.step = step
        self._entered: dict[ast.With, tuple[Module, dict[ast.expr, None]]] = {}

    def enter(self, module: Module, node: ast.expr) -> None:
        """Note that what an expression gives is entered by `async with`."""
        editing = self.step.editing(module)
        current = editing.parent(node)
        if isinstance(current, ast.withitem):
            current = editing.parent(current)
        if isinstance(current, ast.With):
            self._entered.setdefault(current, (module, {}))[1][node] = None

    def write(self) -> None:
        """Write the statements."""
        for statement, (module, entered) in self._entered.items():
            editing = self.step.editing(module)
            own = [each.context_expr in entered for each in statement.items]
            if all(own):
                editing.insert(editing.places.span(statement)[0], "async ")
            else:
                _split(editing, statement, own)
            self.step.changed(module, statement, "async with", rule=_RULE)


def _split(editing: Editing, statement: ast.With, is_async: list[bool]) -> None:
    """Write a statement of several managers as nested ones, each for those of one kind in a row."""
    groups: list[tuple[bool, list[str]]] = []
    for item, own in zip(statement.items, is_async, strict=True):
        source = editing.source(item.context_expr)
        if item.optional_vars is not None:
            source += f" as {editing.source(item.optional_vars)}"
        if groups and groups[-1][0] == own:
            groups[-1][1].append(source)
        else:
            groups.append((own, [source]))
    outer = " " * statement.col_offset
    lines = []
    for depth, (own, sources) in enumerate(groups):
        word = "async with" if own else "with"
        indentation = outer + "    " * depth if depth else ""
        lines.append(f"{indentation}{word} {', '.join(sources)}:")
    first = statement.body[0]
    start = editing.places.span(statement)[0]
    on_own_line = first.lineno > statement.items[-1].context_expr.lineno
    last = statement.items[-1]
    behind = editing.places.span(last.optional_vars or last.context_expr)[1]
    end = editing.places.next_line(behind) if on_own_line else editing.places.span(first)[0]
    text = "\n".join(lines) + "\n"
    if not on_own_line:
        text += outer + "    " * len(groups)
    editing.replace_range(start, end, text)
    if on_own_line:
        start_line = editing.places.line_of(end)
        indent(editing, statement.body, start_line, "    " * (len(groups) - 1))


def indent(editing: Editing, body: list[ast.stmt], first: int, by: str) -> None:
    """Move a block to the right, from its first line on; what is inside long strings stays."""
    inside: set[int] = set()
    for statement in body:
        for node in ast.walk(statement):
            if isinstance(node, ast.Constant | ast.JoinedStr) and node.end_lineno is not None:
                inside.update(range(node.lineno + 1, node.end_lineno + 1))
    last = body[-1].end_lineno or body[-1].lineno
    for line in range(first, last + 1):
        start = editing.places.start_of_line(line)
        if line not in inside and editing.places.text[start : start + 1] not in ("\r", "\n", ""):
            editing.indent_line(start, by)
