"""Arguments of a call: some taken out, one added, together, so that no edit meets another."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection

from async_db.modernizing.editing import Editing

_Argument = ast.expr | ast.keyword


def edit_arguments(
    editing: Editing, call: ast.Call, dropped: Collection[ast.keyword], added: str = ""
) -> None:
    """Change the arguments of a call.

    Parameters:
        editing: of the file.
        call: the call.
        dropped: arguments of it that go.
        added: one that comes, as it is written; none, if it is empty.
    """
    given = _in_order(call)
    kept = [each for each in given if each not in dropped]
    if not kept:
        _all(editing, call, given, added)
        return
    _drop(editing, call, given, dropped)
    if added:
        last = kept[-1]
        own_line = last.lineno > call.func.lineno and (
            len(given) == 1 or given[0].lineno < last.lineno
        )
        gap = "\n" + " " * last.col_offset if own_line else " "
        editing.insert(_end(editing, last, call), f",{gap}{added}")


def _in_order(call: ast.Call) -> list[_Argument]:
    return sorted([*call.args, *call.keywords], key=lambda each: (each.lineno, each.col_offset))


def _all(editing: Editing, call: ast.Call, given: list[_Argument], added: str) -> None:
    """Put one argument in the place of all, or between the parentheses of a call that has none."""
    closing = editing.places.span(call)[1] - 1
    if not given:
        editing.insert(closing, added)
        return
    text = editing.places.text
    start = editing.places.span(given[0])[0]
    end = editing.places.span(given[-1])[1]
    comma = re.compile(r"\s*,").match(text, end)
    editing.replace_range(start, comma.end() if comma and not added else end, added)


def _drop(
    editing: Editing, call: ast.Call, given: list[_Argument], dropped: Collection[ast.keyword]
) -> None:
    text = editing.places.text
    place = 0
    while place < len(given):
        if given[place] not in dropped:
            place += 1
            continue
        behind = place
        while behind < len(given) and given[behind] in dropped:
            behind += 1
        start = editing.places.span(given[place])[0]
        if behind < len(given):
            editing.replace_range(start, editing.places.span(given[behind])[0], "")
        else:
            end = editing.places.span(given[-1])[1]
            comma = re.search(r",\s*$", text[:start])
            trailing = re.compile(r"\s*,").match(text, end)
            if comma is None and trailing is not None:
                end = trailing.end()
            editing.replace_range(comma.start() if comma else start, end, "")
        place = behind


def _end(editing: Editing, argument: _Argument, call: ast.Call) -> int:
    """Give where an argument ends, its own parentheses included."""
    end = editing.places.span(argument)[1]
    rest = editing.places.text[end : editing.places.span(call)[1] - 1]
    around = re.match(r"[\s)]*\)", rest) if isinstance(argument, ast.expr) else None
    return end + (around.end() if around else 0)
