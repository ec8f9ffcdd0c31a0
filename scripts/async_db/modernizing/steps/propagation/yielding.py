"""`yield from`, which an async generator has not: a loop that yields is written for it."""

from __future__ import annotations

import ast
import itertools
import re

from async_db.modernizing.editing import Editing


def write_out(editing: Editing, node: ast.YieldFrom, how: str) -> None:
    """Write a loop that yields each of what a `yield from` takes from; it is a statement of its own.

    Parameters:
        editing: of its file.
        node: the `yield from`.
        how: `for` or `async for`.
    """
    numbered = (f"row_{number}" for number in itertools.count(1))
    names = itertools.chain(("each", "row"), numbered)
    text = editing.places.text
    name = next(each for each in names if not re.search(rf"\b{each}\b", text))
    start, end = editing.places.span(node)
    first = editing.places.span(node.value)[0]
    margin = " " * (editing.statement(node).col_offset + 4)
    editing.replace_range(start, first, f"{how} {name} in ")
    editing.wrap_range(start, end, "", f":\n{margin}yield {name}")
