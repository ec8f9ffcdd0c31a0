"""Editing a file's text at the places of its syntax tree, so that all else stays as it was written.

`await` before a call or `async` before `def` change a few characters; a tree that is written out
again would lose nothing but costs several times as long to read with positions. So every edit here
is a replacement of characters, its place taken from `ast`, and comments and layout are untouched.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from dataclasses import dataclass

from async_db.target import with_parentheses

_NEWLINE = re.compile(r"\r\n|\r|\n")


def parsed(text: str) -> ast.Module:
    """Parse a text, with the types after `except` as Python 3.14 allows them.

    Their places are one column off then, and nothing is edited there.

    Raises:
        SyntaxError, ValueError, RecursionError, MemoryError: it cannot be parsed.
    """
    try:
        return ast.parse(text)
    except SyntaxError as error:
        understood = with_parentheses(text)
        if understood == text:
            raise
        try:
            return ast.parse(understood)
        except SyntaxError:
            raise error from None


class EditConflict(Exception):
    """Two edits want the same characters."""


@dataclass(frozen=True, slots=True)
class Replacement:
    """Characters of a text and what stands there instead; nothing is replaced where both ends meet.

    Parameters:
        start, end: offsets, in characters.
        text: what is put there, with `\\n` for a new line.
        around: the width of the node that an insertion opens (negative) or closes (positive), by
            which several at one place are ordered: what opens the wider one stands further left.
    """

    start: int
    end: int
    text: str
    around: int = 0

    @property
    def order(self) -> tuple[int, int, int]:
        """At one place: what closes, narrow first; what opens, wide first; what replaces."""
        if self.end > self.start:
            return self.start, 2, 0
        return self.start, 0 if self.around > 0 else 1, self.around


class Places:
    """Where the places that `ast` speaks of are in a text, in characters."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._starts = [0, *(found.end() for found in _NEWLINE.finditer(text))]
        self._ascii = text.isascii()

    def offset(self, line: int, column: int) -> int:
        """Give the offset of a line, counted from 1, and a column in bytes of UTF-8."""
        start = self._starts[line - 1]
        if self._ascii:
            return start + column
        end = self._starts[line] if line < len(self._starts) else len(self.text)
        return start + len(self.text[start:end].encode()[:column].decode(errors="ignore"))

    def span(self, node: ast.AST) -> tuple[int, int]:
        """Give where a node begins and ends; a decorated function begins at its `def`."""
        return (
            self.offset(node.lineno, node.col_offset),  # type: ignore[attr-defined]  # all that is edited has a place
            self.offset(node.end_lineno, node.end_col_offset),  # type: ignore[attr-defined]  # as above
        )

    def start_of_line(self, line: int) -> int:
        return self._starts[line - 1]

    def line_of(self, offset: int) -> int:
        """Give the line that an offset is in, counted from 1."""
        low, high = 0, len(self._starts)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self._starts[middle] <= offset else (low, middle)
        return low + 1

    def next_line(self, offset: int) -> int:
        """Give where the line after that of an offset begins; the end of the text, if none does."""
        found = _NEWLINE.search(self.text, offset)
        return found.end() if found else len(self.text)

    def source(self, node: ast.AST) -> str:
        start, end = self.span(node)
        return self.text[start:end]


class Editing:
    """The edits of one file.

    Parameters:
        text: the file's.
        tree: what `ast` makes of it.
    """

    def __init__(self, text: str, tree: ast.Module) -> None:
        self.places = Places(text)
        self.tree = tree
        self.replacements: dict[Replacement, None] = {}
        self._parents: dict[ast.AST, ast.AST] | None = None

    def parent(self, node: ast.AST) -> ast.AST | None:
        if self._parents is None:
            self._parents = {
                child: each for each in ast.walk(self.tree) for child in ast.iter_child_nodes(each)
            }
        return self._parents.get(node)

    def statement(self, node: ast.AST) -> ast.stmt:
        """Give the statement that a node stands in, itself if it is one."""
        current: ast.AST | None = node
        while current is not None and not isinstance(current, ast.stmt):
            current = self.parent(current)
        if current is None:
            raise ValueError("a node of another file")
        return current

    def source(self, node: ast.AST) -> str:
        """Give a node as it is written."""
        return self.places.source(node)

    def replace(self, node: ast.AST, text: str) -> None:
        self.replace_range(*self.places.span(node), text)

    def replace_range(self, start: int, end: int, text: str) -> None:
        self.replacements[Replacement(start, end, text)] = None

    def insert(self, offset: int, text: str) -> None:
        """Insert a text at a place, behind what closes there and before what opens there."""
        self.replacements[Replacement(offset, offset, text, -(10**9))] = None

    def indent_line(self, start: int, by: str) -> None:
        """Move a line to the right, before all else that is inserted where it begins."""
        self.replacements[Replacement(start, start, by, -(10**10))] = None

    def wrap(self, node: ast.AST, before: str, after: str = "") -> None:
        """Write something around a node, which may be changed or wrapped itself."""
        start, end = self.places.span(node)
        self.wrap_range(start, end, before, after)

    def wrap_range(self, start: int, end: int, before: str, after: str = "") -> None:
        width = max(end - start, 1)
        if before:
            self.replacements[Replacement(start, start, before, -width)] = None
        if after:
            self.replacements[Replacement(end, end, after, width)] = None

    def await_(self, node: ast.expr, inner: str = "await ") -> None:
        """Write `await` before an expression, in parentheses where something is done with it."""
        parent = self.parent(node)
        used = (
            (isinstance(parent, ast.Attribute | ast.Subscript) and parent.value is node)
            or (isinstance(parent, ast.Call) and parent.func is node)
            or (isinstance(parent, ast.BinOp) and isinstance(parent.op, ast.Pow))
        )
        self.wrap(node, f"({inner}" if used else inner, ")" if used else "")

    def delete_statement(self, node: ast.stmt) -> None:
        """Take a statement out, its lines and decorators with it; `pass` stays in an empty block."""
        first = min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", ()))])
        siblings = self._siblings(node)
        start, end = self.places.start_of_line(first), self.places.span(node)[1]
        rest = _NEWLINE.search(self.places.text, end)
        line_end = rest.start() if rest else len(self.places.text)
        if self.places.text[end:line_end].strip(" \t;") or not self._begins_line(node):
            # Others stand on the same line.
            self.replace(node, "pass")
        elif (
            siblings is not None
            and len(siblings) == 1
            and not isinstance(self.parent(node), ast.Module)
        ):
            self.replace_range(self.places.span(node)[0], end, "pass")
        else:
            self.replace_range(start, rest.end() if rest else line_end, "")

    def comment(self, node: ast.AST, text: str) -> None:
        """Write a line of comment above the statement that a node stands in, once."""
        statement = self.statement(node)
        first = min(
            [statement.lineno, *(each.lineno for each in getattr(statement, "decorator_list", ()))]
        )
        if not self._begins_line(statement):
            parent = self.parent(statement)
            if isinstance(parent, ast.stmt):
                self.comment(parent, text)
            return
        start = self.places.start_of_line(first)
        indentation = re.match(r"[ \t]*", self.places.text[start:])
        above = indentation.group() if indentation else ""
        self.replacements[Replacement(start, start, f"{above}# {text}\n", -(10**9))] = None

    def _begins_line(self, node: ast.stmt) -> bool:
        start = self.places.span(node)[0]
        line = self.places.start_of_line(node.lineno)
        return not self.places.text[line:start].strip()

    def _siblings(self, node: ast.stmt) -> list[ast.stmt] | None:
        parent = self.parent(node)
        for name in ("body", "orelse", "finalbody"):
            block = getattr(parent, name, None)
            if isinstance(block, list) and node in block:
                return block
        return None


def edited(text: str, replacements: Iterable[Replacement]) -> str:
    """Carry out edits.

    Raises:
        EditConflict: one replaces characters that another one replaces or inserts into.
    """
    newline = _newline(text)
    parts: list[str] = []
    done = 0
    for each in sorted(replacements, key=lambda each: each.order):
        if each.start < done:
            if each.start == each.end and not each.text.strip():
                continue  # a line that would be moved to the right, and is gone
            raise EditConflict(f"at {each.start}: {each.text!r}")
        parts += (text[done : each.start], each.text.replace("\n", newline))
        done = each.end
    return "".join(parts) + text[done:]


def _newline(text: str) -> str:
    """Give how the lines of a text end: as its first one does."""
    found = _NEWLINE.search(text)
    return found.group() if found else "\n"


def moved(offset: int, replacements: Iterable[Replacement]) -> int:
    """Give where the end of something is after edits that did not replace it."""
    return offset + sum(
        len(each.text) - (each.end - each.start)
        for each in replacements
        if each.end < offset or (each.end == offset and each.end > each.start)
    )
