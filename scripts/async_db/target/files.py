"""The files of a target: which are read, and of every other one why it is not."""

from __future__ import annotations

import io
import os
import re
import stat
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MAX_BYTES = 5_000_000
"""Nobody writes more than that by hand, and the syntax tree of such a file fills the memory."""
NOT_OURS = frozenset(
    {
        "__pycache__",
        "__pypackages__",
        "build",
        "dist",
        "env",
        "node_modules",
        "site-packages",
        "venv",
    }
)
"""Folders that hold what others wrote, or what was made of something else."""
LIBRARIES = re.compile(
    rb"\b(?:sqlalchemy|sqlmodel|fastapi|starlette|alembic|asyncpg|psycopg2?|databases)\b"
)
"""A project in which no file names one of these has nothing for us."""
_DEFINES = re.compile(rb"\b(?:import|class|def|async)\b|=")


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A Python file that was read.

    Parameters:
        path: relative to the project, with slashes.
        data: its bytes, as they are stored.
        matters: whether it can say anything of a database; what cannot is never parsed.
    """

    path: str
    data: bytes
    matters: bool


@dataclass(frozen=True, slots=True)
class SkippedFile:
    """A file or folder that was not read, or not understood.

    Parameters:
        path: relative to the project, with slashes.
        reason: why, in a few words.
    """

    path: str
    reason: str


def read_files(root: Path) -> tuple[list[SourceFile], list[SkippedFile]]:
    """Read a project's Python files; what is hidden, installed or built is left alone.

    No link is followed, so that nothing is read twice or outside of the project, and nothing is
    opened that could wait for somebody.

    Parameters:
        root: the project's folder, or a single file.
    """
    sources: list[SourceFile] = []
    skipped: list[SkippedFile] = []
    for path, name in _python_files(root, skipped):
        read = _read(path)
        if isinstance(read, bytes):
            sources.append(SourceFile(name, read, _DEFINES.search(read) is not None))
        else:
            skipped.append(SkippedFile(name, read))
    return sources, skipped


def decoded(data: bytes) -> str:
    """Give a file's text as Python would read it.

    Raises:
        ValueError: it is in no encoding that it names, or in none at all.
    """
    try:
        return data.decode().removeprefix("\ufeff")
    except UnicodeDecodeError:
        encoding = "utf-8"
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        return data.decode(encoding)
    except (SyntaxError, LookupError, UnicodeDecodeError) as error:
        raise ValueError(f"its encoding is unknown or not what it says: {encoding}") from error


def _python_files(root: Path, skipped: list[SkippedFile]) -> Iterator[tuple[str, str]]:
    """Give where each file is, and its name below the root; of strings, since paths take time."""
    if not stat.S_ISDIR(os.stat(root).st_mode):
        yield str(root), root.name
        return
    folders = [(str(root), "")]
    while folders:
        folder, above = folders.pop()
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as error:
            where = above.rstrip("/") or "."
            skipped.append(SkippedFile(where, f"cannot be listed: {error.strerror}"))
            continue
        for entry in entries:
            name = f"{above}{entry.name}"
            if entry.is_symlink():
                if entry.name.endswith(".py"):
                    skipped.append(SkippedFile(name, "a link, which is not followed"))
            elif entry.is_dir(follow_symlinks=False):
                if not _is_foreign(entry):
                    folders.append((entry.path, f"{name}/"))
            elif entry.name.endswith((".py", ".pyw")):
                yield entry.path, name
            elif entry.name.endswith(".ipynb"):
                skipped.append(SkippedFile(name, "a notebook"))


def _is_foreign(folder: os.DirEntry[str]) -> bool:
    """Say whether a folder is hidden, installed or built; a package may have any name."""
    if folder.name.startswith(".") or os.path.exists(f"{folder.path}/pyvenv.cfg"):
        return True
    return folder.name in NOT_OURS and not os.path.exists(f"{folder.path}/__init__.py")


def _read(path: str) -> bytes | str:
    """Give a file's bytes, or why it has none for us."""
    try:
        # A FIFO that somebody put there meanwhile must not make us wait.
        with open(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)), "rb") as file:
            info = os.fstat(file.fileno())
            if not stat.S_ISREG(info.st_mode):
                return "not a regular file"
            if info.st_size > MAX_BYTES:
                return f"larger than {MAX_BYTES // 1_000_000} MB"
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    return "has NUL bytes, so it is no Python text" if b"\0" in data else data
