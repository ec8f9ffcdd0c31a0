"""How evidence gets to its file: whole, or not at all."""

import os
import tempfile
from pathlib import Path


class EvidenceError(Exception):
    """The evidence cannot be written where it was to go; the message is one line."""


def check_writable(path: Path) -> None:
    """Make sure, before a long run, that evidence can be written to `path`.

    Raises:
        EvidenceError: it cannot.
    """
    target = path.resolve()
    if target.exists() and not target.is_file():
        raise EvidenceError(f"{path}: not a regular file")
    try:
        with tempfile.NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}-"):
            pass
    except OSError as error:
        raise EvidenceError(f"{path}: cannot be written: {error.strerror}") from error


def write_text(text: str, path: Path) -> None:
    """Write a text; whoever reads `path` sees the old file or the new one, whole.

    Raises:
        EvidenceError: it cannot be written; nothing has changed.
    """
    target = path.resolve()
    try:
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}-")
    except OSError as error:
        raise EvidenceError(f"{path}: cannot be written: {error.strerror}") from error
    try:
        with open(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        Path(name).chmod(0o666 & ~_umask())
        Path(name).replace(target)
    except OSError as error:
        raise EvidenceError(f"{path}: cannot be written: {error.strerror}") from error
    finally:
        Path(name).unlink(missing_ok=True)


def _umask() -> int:
    # There is no way to read it but to set it.
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
