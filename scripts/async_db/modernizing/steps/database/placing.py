"""Where statements are: their lines, the comments above them, the definition that they are part of."""

from __future__ import annotations

import ast

from async_db.modernizing.editing import Editing


def first_line_of(node: ast.stmt) -> int:
    """Give the line that a statement begins in, its decorators included."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(each.lineno for each in decorators)])


def above(editing: Editing, line: int) -> int:
    """Give where the comment begins that stands right above a line; else where the line does."""
    places = editing.places
    start = places.start_of_line(line)
    while line > 1:
        before = places.start_of_line(line - 1)
        if not places.text[before:start].lstrip().startswith("#"):
            break
        line, start = line - 1, before
    return start


def outermost(editing: Editing, node: ast.AST) -> ast.stmt:
    """Give the statement of the module itself that a node stands in."""
    current = editing.statement(node)
    while isinstance(parent := editing.parent(current), ast.AST) and parent is not editing.tree:
        current = editing.statement(parent)
    return current
