"""A file's text made into a syntax tree, and as far as it goes that of newer Pythons."""

from __future__ import annotations

import ast
import re
import sys
import warnings
from collections.abc import Iterator

_OLD_PYTHON = re.compile(r"^\s*(?:print\s+[\"'\w]|exec\s+[\"'])", re.MULTILINE)
_BARE_EXCEPT = re.compile(
    r"^(?P<start>[ \t]*except\*?[ \t]+)(?P<types>[\w.]+(?:[ \t]*,[ \t]*[\w.]+)+)(?=[ \t]*:)",
    re.MULTILINE,
)
_GENERICS = re.compile(
    r"^[ \t]*(?:(?:(?:async[ \t]+)?def|class)[ \t]+\w+[ \t]*\[|(?P<type>type[ \t]+)\w+[ \t]*[\[=])",
    re.MULTILINE,
)
"""Type parameters and `type` statements, which Python 3.12 brought."""


class NotUnderstood(Exception):
    """A file cannot be parsed; the message says why and by which Python it could be."""


def parsed(text: str) -> ast.Module:
    """Parse a text, and as far as it goes that of newer Pythons.

    Raises:
        SyntaxError: it is not Python, or uses what only a newer one knows.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(text)
        except SyntaxError as error:
            older = _for_older_python(text)
            if older == text:
                raise
            try:
                return ast.parse(older)
            except SyntaxError:
                raise error from None


def with_parentheses(text: str) -> str:
    """Write types after `except` without parentheses (3.14) as all Pythons understand them."""
    return _BARE_EXCEPT.sub(r"\g<start>(\g<types>)", text)


def _for_older_python(text: str) -> str:
    """Write what newer Pythons allow as this one understands it, each line where it was.

    Type parameters (3.12) are left out, and the types after `except` (3.14) get parentheses.
    """
    parts: list[str] = []
    end = 0
    for found in _GENERICS.finditer(text):
        bracket = found.end() - 1
        parts.append(text[end : found.start("type")] if found["type"] else text[end:bracket])
        parts.append(text[found.end("type") : bracket] if found["type"] else "")
        end = bracket
        if text[bracket] == "[":
            end = _closed(text, bracket)
            parts.append("\\\n" * text.count("\n", bracket, end))  # lines stay where they are
    return with_parentheses("".join(parts) + text[end:])


def _closed(text: str, start: int) -> int:
    """Give the place behind the bracket that closes the one at `start`."""
    depth = 0
    for place in range(start, len(text)):
        depth += {"[": 1, "]": -1}.get(text[place], 0)
        if depth == 0:
            return place + 1
    return len(text)


def why_not(text: str, error: SyntaxError) -> str:
    """Say why a text could not be parsed, and by which Python it could be."""
    version = ".".join(map(str, sys.version_info[:2]))
    where = f"line {error.lineno}: {error.msg}"
    if _OLD_PYTHON.search(text):
        return f"Python {version} cannot parse it, Python 2 could: {where}"
    if _GENERICS.search(text):
        return f"Python {version} cannot parse it, 3.12 or newer could: {where}"
    return f"Python {version} cannot parse it, a newer one may: {where}"


def strings_in(node: ast.expr) -> Iterator[str]:
    """Give the literal texts in an expression, those between the values of an f-string too."""
    for each in ast.walk(node):
        if isinstance(each, ast.Constant) and isinstance(each.value, str):
            yield each.value
