"""`yield from`, which an async generator has not: a loop that yields is written for it."""

from __future__ import annotations

import ast
import re

from async_db.modernizing.editing import Editing


def write_out(editing: Editing, node: ast.YieldFrom, how: str) -> None:
    """Write a loop that yields each of what a `yield from` takes from; it is a statement of its own.

    Parameters:
        editing: of its file.
        node: the `yield from`.
        how: `for` or `async for`.
    """
    words = set(re.findall(r"\w+", editing.places.text))
    # One of as many names as there are words, and one more, is free.
    names = ("each", "row", *(f"row_{number}" for number in range(1, len(words) + 2)))
    name = next(each for each in names if each not in words)
    start, end = editing.places.span(node)
    first = editing.places.span(node.value)[0]
    margin = " " * (editing.statement(node).col_offset + 4)
    editing.replace_range(start, first, f"{how} {name} in ")
    editing.wrap_range(start, end, "", f":\n{margin}yield {name}")
