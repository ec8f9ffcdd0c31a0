"""The lines of a reference text: headings, prose, fences and code. Standard library only."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from .rule import CodeBlock

_HEADING = re.compile(r"(#{1,6})\s+(.*?)\s*#*\s*")
_FENCE = re.compile(r"\s*(?P<marks>`{3,}|~{3,})\s*(?P<info>[^`]*)")


class CatalogueError(Exception):
    """A reference text is malformed; the message starts with `file:line`."""


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


def classified_lines(texts: Iterable[str], path: Path) -> Iterator[Line]:
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


def code_block(block: list[Line]) -> CodeBlock:
    """Make a block of its opening fence and the lines after it, less the fence's indent."""
    opening, *code = block
    language, _, source = opening.text.lstrip(" `~").partition(" ")
    indent = _indent(opening.text)
    text = "".join(f"{line.text[min(indent, _indent(line.text)) :]}\n" for line in code)
    return CodeBlock(language, source.strip() or None, text, opening.number)


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip())
