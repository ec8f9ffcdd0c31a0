"""The lines that findings are about: their code, and which line of which function it is.

Standard library only. Files are read, never run.
"""

from __future__ import annotations

import ast
import gc
import io
import tokenize
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from .finding import Finding

_BROKEN = (SyntaxError, ValueError, RecursionError, MemoryError, tokenize.TokenError)
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment.

    Parameters:
        line: where it stands.
        column: where in the line it begins.
        text: what it says, from its number sign on.
        covers: the line that it is about: its own, or the next one with code if it stands alone.
    """

    line: int
    column: int
    text: str
    covers: int


def comments_in(text: str) -> list[Comment]:
    """Give the comments of a file; none of one that is no Python."""
    found: list[Comment] = []
    waiting: list[tuple[int, int, str]] = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            line, column = token.start
            if token.type == tokenize.COMMENT:
                if token.line[:column].strip():
                    found.append(Comment(line, column, token.string, line))
                else:
                    waiting.append((line, column, token.string))
            elif token.string.strip():
                found += (Comment(*each, line) for each in waiting)
                waiting.clear()
    except _BROKEN:
        return []
    return sorted(found, key=lambda each: each.line)


Scopes = Sequence[tuple[int, int, str]]
"""The functions and classes of a file: first line, last line, dotted name."""


class _File:
    """A file's lines of code, and the functions and classes in it.

    Parameters:
        text: what it holds.
        scopes: those in it, if they are known already.
    """

    def __init__(self, text: str, scopes: Scopes | None) -> None:
        self._text = text
        self._scopes = _scopes_of(text) if scopes is None else scopes
        # Not by `splitlines`, which also ends lines where Python does not.
        self._lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        self._plains: dict[int, str] = {}

    def place(self, number: int) -> tuple[str, str, int]:
        """Give a line's code, the function around it, and which of its equal lines it is."""
        around = [each for each in self._scopes if each[0] <= number <= each[1]]
        first, _, name = max(around, default=(1, 0, ""))
        if not 0 < number <= len(self._lines):
            return "", name, 0
        lines = [self._plain(each) for each in range(first - 1, number)]
        code = lines[-1]
        # Most lines have no comment, and to find those of others takes longer than to parse.
        if any("#" in each and each.startswith(code.partition("#")[0]) for each in lines):
            lines = [_without_spaces(each) for each in self._code[first - 1 : number]]
            code = lines[-1]
        return code, name, lines[:-1].count(code)

    def _plain(self, index: int) -> str:
        known = self._plains.get(index)
        if known is None:
            known = self._plains[index] = _without_spaces(self._lines[index])
        return known

    @cached_property
    def _code(self) -> list[str]:
        """The lines without their comments."""
        lines = list(self._lines)
        for comment in comments_in(self._text):
            if comment.line <= len(lines):
                lines[comment.line - 1] = lines[comment.line - 1][: comment.column]
        return lines


class SourceFiles:
    """Looks findings up in the files that they name; each is read once.

    Parameters:
        text_of: gives a file's text by the path of a finding, None where it cannot be read.
        scopes_of: gives its functions and classes, by who has parsed it; None where nobody has.
    """

    def __init__(
        self,
        text_of: Callable[[str], str | None],
        scopes_of: Callable[[str], Scopes | None] = lambda path: None,
    ) -> None:
        self._text_of = text_of
        self._scopes_of = scopes_of
        self._files: dict[str, _File] = {}

    @classmethod
    def below(cls, root: Path) -> SourceFiles:
        """Read the files of a project from its folder."""

        def text_of(path: str) -> str | None:
            try:
                with tokenize.open(root / path) as file:
                    return file.read()
            except (OSError, *_BROKEN):  # a path of a target's may hold anything
                return None

        return cls(text_of)

    def located(self, findings: Iterable[Finding]) -> list[Finding]:
        """Give findings with their lines of code, in the order they came in."""
        found = []
        for each in findings:
            if each.path not in self._files:
                text, scopes = self._text_of(each.path), self._scopes_of(each.path)
                self._files[each.path] = _File(text or "", scopes)
            code, function, nth = self._files[each.path].place(each.line)
            found.append(replace(each, code=code, function=function, nth=nth if code else 0))
        return found


def _without_spaces(line: str) -> str:
    return " ".join(line.split())


def _scopes_of(text: str) -> Scopes:
    try:
        return tuple(_scopes(_parsed(text), ""))
    except _BROKEN:
        return ()


def _parsed(text: str) -> ast.Module:
    """Parse a text while nothing is collected.

    What a collection finalizes may parse too, as a warning does; Python 3.11 then counts the depth
    of both as one and raises a SystemError (python/cpython#106905).
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        return ast.parse(text)
    finally:
        if collects:
            gc.enable()


def _scopes(node: ast.AST, outer: str) -> Iterator[tuple[int, int, str]]:
    for child in ast.iter_child_nodes(node):
        name = outer
        if isinstance(child, _SCOPES):
            name = f"{outer}.{child.name}".lstrip(".")
            first = min([child.lineno, *(each.lineno for each in child.decorator_list)])
            yield first, child.end_lineno or child.lineno, name
        yield from _scopes(child, name)
