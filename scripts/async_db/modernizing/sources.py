"""The texts of a target, before and after each step, and the model that is read of them."""

from __future__ import annotations

import io
import tokenize
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from async_db.modernizing.editing import Places, Replacement, edited, moved, parsed
from async_db.target import (
    Module,
    Project,
    SkippedFile,
    SourceFile,
    decoded,
    parse,
    read_files,
    read_releases,
)

_OTHERS = (
    "pyproject.toml",
    "requirements*.txt",
    "requirements/*.txt",
    "pytest.ini",
    "setup.cfg",
    "tox.ini",
    "alembic.ini",
)
"""What configures or declares, beside Python."""
_MOST = 1_000_000
_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Sources:
    """A target's files.

    Parameters:
        root: its folder.
        texts: the Python files that matter and can be parsed as they are, and what configures
            them, by their paths.
        originals: the bytes that were read, by the same paths.
        skipped: the Python files that are left alone, and why.
        steps: the edits of each step so far, by path.
        created: files that were not there.
        known: the modules that were read of texts so far, so that each is read once.
    """

    root: Path
    texts: Mapping[str, str]
    originals: Mapping[str, bytes]
    skipped: tuple[SkippedFile, ...] = ()
    steps: tuple[Mapping[str, tuple[Replacement, ...]], ...] = ()
    created: frozenset[str] = field(default_factory=frozenset)
    known: dict[tuple[str, bytes], Module] = field(default_factory=dict, compare=False, repr=False)

    def project(self) -> Project:
        """Read the model of what the files say now."""
        modules, _ = parse(
            [
                SourceFile(path, text.encode(), matters=True)
                for path, text in self.texts.items()
                if path.endswith(".py")
            ],
            self.known,
        )
        others = {path: text for path, text in self.texts.items() if not path.endswith(".py")}
        return Project(
            root=self.root,
            modules=tuple(modules),
            skipped=self.skipped,
            irrelevant=0,
            releases=read_releases(self.root),
            configurations=others,
        )

    def after(self, edits: Mapping[str, Sequence[Replacement]], new: Mapping[str, str]) -> Sources:
        """Give the files after a step.

        Parameters:
            edits: of files that are there.
            new: the texts of files that are not, or that are written anew.

        Raises:
            EditConflict: two edits of a file want the same characters.
        """
        texts = dict(self.texts)
        for path, replacements in edits.items():
            texts[path] = edited(texts[path], replacements)
        texts.update(new)
        step = {path: tuple(each) for path, each in edits.items()}
        created = self.created | {path for path in new if path not in self.originals}
        return replace(self, texts=texts, steps=(*self.steps, step), created=created)

    def now_at(
        self, path: str, ends: Iterable[tuple[int, int]]
    ) -> dict[tuple[int, int], tuple[int, int]]:
        """Give where lines and columns of a file as it was read are by now.

        Parameters:
            path: the file.
            ends: the line, from 1, and the column in bytes where something ends, as `ast` counts.
        """
        if path not in self.originals or path not in self.texts:
            return {}
        before, after = Places(decoded(self.originals[path])), Places(self.texts[path])
        found = {}
        for end in ends:
            try:
                offset = before.offset(*end)
            except IndexError:
                continue  # it is of another text
            for step in self.steps:
                offset = moved(offset, step.get(path, ()))
            line = after.line_of(offset)
            text = after.text[after.start_of_line(line) : offset]
            found[end] = (line, len(text.encode()))
        return found

    def changed(self) -> dict[str, bytes]:
        """Give the files that are not as they were read, as they are to be stored."""
        found: dict[str, bytes] = {}
        for path, text in self.texts.items():
            before = self.originals.get(path, b"")
            after = _encoded(text, before)
            if path in self.created or after != before:
                found[path] = after
        return found


def read_sources(root: Path) -> Sources:
    """Read the files of a target; nothing is imported or run."""
    sources, skipped = read_files(root)
    texts: dict[str, str] = {}
    originals: dict[str, bytes] = {}
    left = list(skipped)
    for source in sources:
        if not source.matters:
            continue
        reason = _unreadable(source.data)
        if reason:
            left.append(SkippedFile(source.path, reason))
        else:
            texts[source.path] = decoded(source.data)
            originals[source.path] = source.data
    for pattern in _OTHERS:
        for path in sorted([*root.glob(pattern), *root.glob(f"*/{pattern}")]):
            data = _small(path)
            if data is not None:
                name = path.relative_to(root).as_posix()
                texts[name], originals[name] = decoded(data), data
    return Sources(root, texts, originals, tuple(sorted(left, key=lambda each: each.path)))


def _unreadable(data: bytes) -> str:
    try:
        parsed(decoded(data))
    except SyntaxError as error:
        return f"line {error.lineno}: {error.msg}"
    except (ValueError, RecursionError, MemoryError) as error:
        return str(error) or "nested too deeply"
    return ""


def _small(path: Path) -> bytes | None:
    """Give the bytes of a plain, small text file."""
    try:
        if path.is_symlink() or not path.is_file() or path.stat().st_size > _MOST:
            return None
        data = path.read_bytes()
        decoded(data)
    except (OSError, ValueError):
        return None
    return data


def _encoded(text: str, before: bytes) -> bytes:
    """Write a text in the encoding that the file had."""
    if before.startswith(_MARK):
        return _MARK + text.encode()
    try:
        before.decode()
    except UnicodeDecodeError:
        return text.encode(_declared(before))
    return text.encode()


def _declared(data: bytes) -> str:
    encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    return encoding
