"""Trees of files, as they are written and as they are found."""

import os
import stat
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

Snapshot = dict[str, tuple[int, bytes]]


def tree(**files: str) -> dict[PurePosixPath, str]:
    """`tree(a="x", p__b="y")` has the files `a` and `p/b`."""
    return {PurePosixPath(name.replace("__", "/")): text for name, text in files.items()}


def fill(folder: Path, files: Mapping[PurePosixPath, str]) -> None:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)


def snapshot(folder: Path) -> Snapshot:
    """Everything below a folder, with its mode and content (or where it links to)."""
    found: Snapshot = {}
    for path in sorted(folder.rglob("*")):
        mode = path.lstat().st_mode
        content = b""
        if stat.S_ISLNK(mode):
            content = os.readlink(path).encode()
        elif stat.S_ISREG(mode):
            content = path.read_bytes()
        found[path.relative_to(folder).as_posix()] = (mode, content)
    return found


def texts(folder: Path) -> dict[PurePosixPath, str]:
    return {
        PurePosixPath(path.relative_to(folder).as_posix()): path.read_text()
        for path in folder.rglob("*")
        if path.is_file()
    }
