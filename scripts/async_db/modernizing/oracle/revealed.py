"""What mypy says of a type, read as the classes that an object may be of."""

from __future__ import annotations

import re
from dataclasses import dataclass

_CLASS = re.compile(r"[A-Za-z_]\w*(?:\.\w+)+")
_NOTE = re.compile(
    r"(?P<file>.+?):(?P<line>\d+):(?P<column>\d+): note: Revealed type is \"(?P<type>.*)\"\Z"
)
_NOTHING = frozenset({"None", "builtins.None"})


@dataclass(frozen=True, slots=True)
class Note:
    """A type that was revealed.

    Parameters:
        file: as mypy was given it.
        line, column: where the expression begins, both counted from 1; the column in characters.
        type: as mypy writes it.
    """

    file: str
    line: int
    column: int
    type: str


def notes_in(output: str) -> list[Note]:
    """Give the types that mypy has revealed."""
    found = []
    for line in output.splitlines():
        match = _NOTE.match(line)
        if match is not None:
            file, type_ = match["file"], match["type"]
            found.append(Note(file, int(match["line"]), int(match["column"]), type_))
    return found


def classes_of(revealed: str) -> tuple[str, ...]:
    """Give the classes that an object of a type may be of, without `None`.

    Of what may be anything nothing is told, nor of a type that is no class.

    Parameters:
        revealed: the type, as mypy writes it, such as `app.orders.Repository[app.models.Order] | None`.
    """
    found: dict[str, None] = {}
    for part in _split(revealed, " | "):
        name = part.strip().rstrip("?*")
        if name in _NOTHING:
            continue
        name = name.partition("[")[0] if name.endswith("]") else name
        if not _CLASS.fullmatch(name):
            return ()
        found[name] = None
    return tuple(found)


def returned_by(revealed: str) -> str:
    """Give the type that calling an object of a type gives; empty if it is no plain function."""
    if not revealed.startswith("def "):
        return ""
    _, arrow, returned = _cut(revealed, " -> ")
    return returned if arrow else ""


def _split(text: str, separator: str) -> list[str]:
    """Split at what is not inside of brackets."""
    parts: list[str] = []
    rest = text
    while True:
        part, found, rest = _cut(rest, separator)
        parts.append(part)
        if not found:
            return parts


def _cut(text: str, separator: str) -> tuple[str, str, str]:
    """Cut at the first separator that is not inside of brackets."""
    depth = 0
    for place, character in enumerate(text):
        if depth == 0 and text.startswith(separator, place):
            return text[:place], separator, text[place + len(separator) :]
        depth += (character in "([{") - (character in ")]}")
    return text, "", ""
