"""Unified diffs: parse them and apply them to texts.

A hunk is found by its content, so that a diff survives edits elsewhere in the file, and next to
the changed lines too. Line numbers only decide between equally good places. Nothing here reads
or writes files except `apply_to_tree`.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Literal

_HUNK_HEADER = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_NO_NEWLINE = "\\"

Kind = Literal[" ", "-", "+"]


class PatchError(Exception):
    """A diff is malformed, or does not fit the texts; the message names file and hunk."""


@dataclass(frozen=True)
class Hunk:
    """One changed place: its lines, each with what happens to it, and where it once was."""

    lines: tuple[tuple[Kind, str], ...]
    start: int
    """The line, counted from 0, at which the hunk began in the text that it was made from."""

    @property
    def old(self) -> tuple[str, ...]:
        return tuple(text for kind, text in self.lines if kind != "+")

    @property
    def new(self) -> tuple[str, ...]:
        return tuple(text for kind, text in self.lines if kind != "-")

    @property
    def leading(self) -> int:
        """The number of context lines before the first change."""
        return _context_length([kind for kind, _ in self.lines])

    @property
    def trailing(self) -> int:
        """The number of context lines after the last change."""
        return _context_length([kind for kind, _ in reversed(self.lines)])


@dataclass(frozen=True)
class FilePatch:
    """The hunks of one file; no `source` creates the file, no `target` removes it."""

    source: str | None
    target: str | None
    hunks: tuple[Hunk, ...]

    @property
    def name(self) -> str:
        return self.target or self.source or ""


def parse_patch(text: str) -> tuple[FilePatch, ...]:
    """Read a unified diff; free text before, between and after its files is skipped.

    Args:
        text: the diff, with paths as `a/…` and `b/…` or plain; `/dev/null` stands for no file.

    Raises:
        PatchError: it has no changes, is cut short, or names a path outside the project.
    """
    return _Parser(_split(text)).files()


def apply_patch(text: str, files: Mapping[str, str]) -> dict[str, str]:
    """Apply a unified diff to texts.

    Args:
        text: the diff.
        files: texts by relative path; not modified.

    Returns:
        A copy of `files` with the diff applied.

    Raises:
        PatchError: the diff is malformed or does not fit; it names the file and the hunk.
    """
    result = dict(files)
    for change in parse_patch(text):
        if change.source is None:
            before = ""
            if change.name in result:
                raise PatchError(f"{change.name} exists already")
        elif change.source in result:
            before = result.pop(change.source)
        else:
            raise PatchError(f"{change.source} does not exist")
        after = _apply_hunks(change, before)
        if change.target is not None:
            result[change.target] = after
        elif after:
            raise PatchError(f"{change.name} has more lines than the diff removes")
    return result


def apply_to_tree(text: str, root: Path) -> None:
    """Apply a unified diff to the files under `root`; changes nothing when it raises PatchError.

    Raises:
        PatchError: the diff is malformed or does not fit.
        OSError: a file could not be read or written.
    """
    names = {name for change in parse_patch(text) for name in (change.source, change.target)}
    before = {
        name: (root / name).read_bytes().decode()
        for name in sorted(name for name in names if name is not None)
        if (root / name).is_file()
    }
    after = apply_patch(text, before)
    for name in before.keys() - after.keys():
        (root / name).unlink()
    for name, content in after.items():
        if before.get(name) != content:
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_bytes(content.encode())


class _Parser:
    """Reads the lines of a diff, front to back."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = lines
        self._at = 0

    def files(self) -> tuple[FilePatch, ...]:
        files = []
        while self._at < len(self._lines):
            if self._starts_file():
                files.append(self._file())
            else:
                self._at += 1
        if not files:
            raise PatchError("no changes found: no `--- a/…` line followed by `+++ b/…`")
        return tuple(files)

    def _starts_file(self) -> bool:
        return self._peek(0).startswith("--- ") and self._peek(1).startswith("+++ ")

    def _peek(self, ahead: int) -> str:
        at = self._at + ahead
        return self._lines[at] if at < len(self._lines) else ""

    def _file(self) -> FilePatch:
        source = _path(self._peek(0).removeprefix("--- "), "a/")
        target = _path(self._peek(1).removeprefix("+++ "), "b/")
        name = target or source
        if name is None or (source or name) != (target or name):
            raise PatchError(f"line {self._at + 1}: the two sides do not name one file")
        self._at += 2
        hunks: list[Hunk] = []
        while header := _HUNK_HEADER.match(self._peek(0)):
            self._at += 1
            hunks.append(self._hunk(header, f"{name} hunk {len(hunks) + 1}"))
        if not hunks:
            raise PatchError(f"{name}: no `@@` line after the file's name")
        if self._peek(0)[:1] in (" ", "+", "-", "@") and not self._starts_file():
            raise PatchError(f"{name} hunk {len(hunks)} has more lines than its `@@` line says")
        return FilePatch(source, target, tuple(hunks))

    def _hunk(self, header: re.Match[str], label: str) -> Hunk:
        old_left, new_left = (int(header[group] or 1) for group in (2, 4))
        # A hunk without old lines names the line that it follows, all others their first.
        start = int(header[1]) - (1 if old_left else 0)
        lines: list[tuple[Kind, str]] = []
        while old_left or new_left:
            kind, text = self._hunk_line(label)
            old_left -= kind != "+"
            new_left -= kind != "-"
            if old_left < 0 or new_left < 0:
                raise PatchError(f"{label} has other lines than its `@@` line says")
            lines.append((kind, text))
        if all(kind == " " for kind, _ in lines):
            raise PatchError(f"{label} changes nothing")
        return Hunk(tuple(lines), start)

    def _hunk_line(self, label: str) -> tuple[Kind, str]:
        line = self._peek(0)
        if not line:
            raise PatchError(f"{label} is cut short")
        self._at += 1
        if line == "\n":  # editors strip the space of an empty context line
            line = " \n"
        if self._peek(0).startswith(_NO_NEWLINE):
            self._at += 1
            line = line.removesuffix("\n")
        match line[0]:
            case " " | "-" | "+" as kind:
                return kind, line[1:]
            case _:
                raise PatchError(f"{label} is cut short")


def _path(text: str, prefix: str) -> str | None:
    """Read the path of a `---` or `+++` line, without its prefix and the time after a tab."""
    name = text.rstrip("\n").partition("\t")[0].rstrip()
    if name == "/dev/null":
        return None
    name = name.removeprefix(prefix)
    path = PurePosixPath(name)
    outside = path.is_absolute() or PureWindowsPath(name).anchor or ".." in path.parts
    if outside or "\\" in name or not path.parts:
        raise PatchError(f"{name!r} is not a path inside the project")
    return str(path)


def _apply_hunks(change: FilePatch, text: str) -> str:
    lines = _split(text)
    result: list[str] = []
    done = drift = 0
    for number, hunk in enumerate(change.hunks, start=1):
        found = _locate(hunk, lines, done, drift)
        if isinstance(found, str):
            raise PatchError(f"{change.name} hunk {number} {found}")
        start, leading, trailing = found
        old_end = len(hunk.old) - trailing
        new_end = len(hunk.new) - trailing
        result += lines[done:start]
        result += hunk.new[leading:new_end]
        done = start + old_end - leading
        drift = start - leading - hunk.start
    return "".join(result + lines[done:])


def _locate(
    hunk: Hunk, lines: Sequence[str], minimum: int, drift: int
) -> tuple[int, int, int] | str:
    """Find the place of a hunk at or after line `minimum`.

    Returns:
        The line, and the numbers of leading and trailing context lines that had to be left out
        to find it; or, in words, why there is no such place.
    """
    if not hunk.old:
        return (0, 0, 0) if not lines else "has no lines to find its place by"
    places = _matches(hunk.old, lines, minimum)
    if places:
        expected = hunk.start + drift
        distances = sorted(abs(place - expected) for place in places)
        if len(places) > 1 and distances[0] == distances[1]:
            return f"fits at {len(places)} places"
        return min(places, key=lambda place: abs(place - expected)), 0, 0
    # At least one line stays, and the lines between the changes always do.
    for trimmed in range(1, min(hunk.leading + hunk.trailing, len(hunk.old) - 1) + 1):
        found = {
            (place - leading, leading, trimmed - leading)
            for leading in range(max(0, trimmed - hunk.trailing), min(trimmed, hunk.leading) + 1)
            for place in _matches(
                hunk.old[leading : len(hunk.old) - (trimmed - leading)], lines, minimum
            )
        }
        if len({origin for origin, _, _ in found}) > 1:
            return f"fits at {len(found)} places"
        if found:
            origin, leading, trailing = min(found)
            return origin + leading, leading, trailing
    return "does not fit"


def _matches(wanted: Sequence[str], lines: Sequence[str], minimum: int) -> list[int]:
    """Give every line at or after `minimum` at which the wanted lines stand."""
    last = len(lines) - len(wanted)
    return [
        start
        for start in range(minimum, last + 1)
        if lines[start] == wanted[0] and tuple(lines[start : start + len(wanted)]) == tuple(wanted)
    ]


def _context_length(kinds: Sequence[str]) -> int:
    return next((index for index, kind in enumerate(kinds) if kind != " "), len(kinds))


def _split(text: str) -> list[str]:
    """Cut after each newline and nowhere else: other separators belong to their line."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)
