"""An index of the rules for `AGENTS.md`, for agents that do not load skills by themselves."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

from async_db.rules import ShortText
from async_db.scaffold.atomic_writing import WriteError

AGENTS_MD = PurePosixPath("AGENTS.md")
LAYER = "agents-md"
MOST_BYTES = 2048
"""Of the index: it is in every request of an agent, whatever that is about."""
BEGIN, END = "<!-- async-db rules: begin -->", "<!-- async-db rules: end -->"
_BLOCK = re.compile(rf"{re.escape(BEGIN)}.*?{re.escape(END)}\n?", re.DOTALL)
_WHEN = re.compile(r"^Read this (when .+?)[.:]\s", re.MULTILINE | re.DOTALL)
_LONGEST = (110, 100, 90, 80, 70, 60, 50)
"""Characters of what is said of a file: the most with which all of it is short enough."""


def index_of(rules: Sequence[ShortText], pack: Path, target: Path) -> str:
    """Give the index, markers included: which file to read before which work.

    Parameters:
        rules: all of the pack's.
        pack: its folder; named from the project's where it lies in that.
        target: the project's folder.
    """
    files = Counter(rule.text.path for rule in rules)
    place = _shown(pack, target)
    found = [_index(files, place, longest) for longest in _LONGEST]
    return next((each for each in found if len(each.encode()) < MOST_BYTES), found[-1])


def _index(files: Mapping[Path, int], place: str, longest: int) -> str:
    lines = [
        f"- `{path.name}`, {number} rules: {_when(path, longest)}" for path, number in files.items()
    ]
    before = (
        f"`{place}/SKILL.md` says how to work. Before you write or review code of these kinds, "
        f"read the file in `{place}/references/`; a rule is a heading in it, called `topic/slug`. "
        "An error text: grep it there first."
    )
    return "\n".join(
        [
            BEGIN,
            "## Database code: async SQLAlchemy in FastAPI",
            "",
            before,
            "",
            *lines,
            "",
            f"Afterwards: `python3 {place}/scripts/audit.py . --diff HEAD`.",
            END,
            "",
        ]
    )


def _shown(pack: Path, target: Path) -> str:
    pack, target = pack.resolve(), target.resolve()
    inside = pack.is_relative_to(target)
    return Path(os.path.relpath(pack, target)).as_posix() if inside else pack.as_posix()


def _when(path: Path, longest: int) -> str:
    """Give what a reference says of itself, cut where a part of it ends."""
    found = _WHEN.search(path.read_text(encoding="utf-8"))
    parts = " ".join(found[1].split()).split(", ") if found else ["where it is about this"]
    said = parts[0]
    for part in parts[1:]:
        if len(said) + len(part) + 2 > longest:
            break
        said += f", {part}"
    return said


def with_index(text: str, index: str) -> str:
    """Put the index into a file: where it was, else at the end.

    Raises:
        WriteError: the markers are not a pair.
    """
    _check(text)
    if BEGIN in text:
        return _BLOCK.sub(lambda _: index, text, count=1)
    return f"{text.rstrip()}\n\n{index}" if text.strip() else index


def without_index(text: str) -> str:
    """Take the index out of a file, with the empty line before it.

    Raises:
        WriteError: the markers are not a pair.
    """
    _check(text)
    before, found, after = text.partition(BEGIN)
    if not found:
        return text
    rest = _BLOCK.sub("", BEGIN + after, count=1)
    joined = "\n\n" if rest.strip() else "\n"
    return f"{before.rstrip()}{joined}{rest.lstrip()}" if before.strip() else rest.lstrip()


def _check(text: str) -> None:
    places = list(_markers(text))
    if places not in ([], [BEGIN, END]):
        raise WriteError(f"{AGENTS_MD}: its markers are no pair: one {BEGIN}, one {END} after it")


def _markers(text: str) -> Iterator[str]:
    return (found[0] for found in re.finditer(f"{re.escape(BEGIN)}|{re.escape(END)}", text))
