"""The lines of a text: headings, prose, fences and code, and its sections. Standard library only."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from .rule import CodeBlock, Text

_HEADING = re.compile(r"(#{1,6})\s+(.*?)\s*#*\s*")
_FENCE = re.compile(r"\s*(?P<marks>`{3,}|~{3,})\s*(?P<info>[^`]*)")


class CatalogueError(Exception):
    """A text of a rule is malformed; the message starts with `file:line`."""


@dataclass(frozen=True)
class Line:
    """A line of a text; `level` is 0 where it is no heading."""

    number: int
    text: str
    kind: Literal["prose", "open", "code", "close"]
    level: int = 0
    title: str = ""

    @property
    def prose(self) -> bool:
        return self.kind == "prose"


@dataclass(frozen=True)
class Section:
    """A heading and the lines up to the next one of its level or above."""

    path: Path
    heading: Line
    lines: tuple[Line, ...]

    @property
    def title(self) -> str:
        return self.heading.title

    def error(self, what: str, line: int | None = None) -> CatalogueError:
        return CatalogueError(f"{self.path}:{line or self.heading.number}: {self.title}: {what}")

    def first_paragraph_end(self) -> int:
        """Give the number of lines up to the end of the first paragraph of prose."""
        begun = False
        for position, line in enumerate(self.lines):
            if not line.prose or (begun and not line.text.strip()):
                return position
            begun = begun or bool(line.text.strip())
        return len(self.lines)

    def paragraphs(self) -> list[str]:
        """Give its prose, one line a paragraph; code between two is left out."""
        paragraphs: list[list[str]] = [[]]
        for line in self.lines:
            if line.prose and line.text.strip():
                paragraphs[-1].append(line.text.strip())
            elif paragraphs[-1]:
                paragraphs.append([])
        return [" ".join(lines) for lines in paragraphs if lines]

    def text(self, *, after: int = 0, before: int | None = None) -> Text:
        """Give its lines from one to another as a text, and the code of all of it."""
        body = "\n".join(line.text for line in self.lines[after:before]).strip("\n")
        return Text(self.path, self.heading.number, body, tuple(self._code()))

    def _code(self) -> Iterator[CodeBlock]:
        block: list[Line] = []
        for line in self.lines:
            if line.kind == "close":
                yield _code_block(block)
                block = []
            elif not line.prose:
                block.append(line)


def sections(text: str, path: Path) -> tuple[Section, ...]:
    """Cut a text at its headings of the first and the second level; the first is its title.

    Raises:
        CatalogueError: it has no title, or a block of code is never closed.
    """
    lines = tuple(_classified(text.splitlines(), path))
    tops = [line for line in lines if line.level in (1, 2)]
    if not tops or tops[0].level != 1:
        raise CatalogueError(f"{path}:1: the title, `# …`, is missing")
    ends = [line.number - 1 for line in tops[1:]] + [len(lines)]
    return tuple(
        Section(path, heading, lines[heading.number : end])
        for heading, end in zip(tops, ends, strict=True)
    )


def _classified(texts: Iterable[str], path: Path) -> Iterator[Line]:
    """Tell fences, code and prose, and headings within prose."""
    fence, opened_at = "", 0
    for number, text in enumerate(texts, start=1):
        found = _FENCE.fullmatch(text)
        if fence and found and not found["info"] and found["marks"].startswith(fence):
            fence = ""
            yield Line(number, text, "close")
        elif fence:
            yield Line(number, text, "code")
        elif found:
            fence, opened_at = found["marks"], number
            yield Line(number, text, "open")
        elif heading := _HEADING.fullmatch(text):
            yield Line(number, text, "prose", len(heading[1]), heading[2])
        else:
            yield Line(number, text, "prose")
    if fence:
        raise CatalogueError(f"{path}:{opened_at}: the code block is never closed")


def _code_block(block: list[Line]) -> CodeBlock:
    """Make a block of its opening fence and the lines after it, less the fence's indent."""
    opening, *code = block
    language, _, source = opening.text.lstrip(" `~").partition(" ")
    indent = _indent(opening.text)
    text = "".join(f"{line.text[min(indent, _indent(line.text)) :]}\n" for line in code)
    return CodeBlock(language, source.strip() or None, text, opening.number)


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip())
