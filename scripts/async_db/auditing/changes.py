"""What a project was at another commit, to tell only what a change adds."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

_READ = (".py", ".pyw", ".toml", ".lock", ".txt", ".in", ".cfg", ".ini")
_HEADER = 3
"""How many words `git cat-file` says of a blob that is there: its name, its kind, its size."""


class ChangesError(Exception):
    """The other commit cannot be read; the message is one line."""


@contextmanager
def checked_out(root: Path, commit: str) -> Iterator[Path]:
    """Give a folder with what the audit reads of a project, as it was at a commit.

    Git is only read, and the folder is gone afterwards.

    Parameters:
        root: the project's folder, somewhere in a work tree.
        commit: whatever git takes for one.

    Raises:
        ChangesError: there is no git, no repository or no such commit.
    """
    import tempfile  # here, since most audits need none of it

    with tempfile.TemporaryDirectory(prefix="audit-") as name:
        folder = Path(name)
        for path, content in _files(root, commit):
            place = folder / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
        yield folder


def _files(root: Path, commit: str) -> Iterator[tuple[PurePosixPath, bytes]]:
    """Give what is read of a commit; what else is in it need not even be there."""
    wanted: list[tuple[PurePosixPath, bytes]] = []
    listed = _git(root, ("ls-tree", "-r", "-z", "--end-of-options", commit))
    for entry in listed.split(b"\0"):
        about, _, name = entry.partition(b"\t")
        path = PurePosixPath(os.fsdecode(name))
        # A link is read where it leads to, if that is in the commit.
        if about.startswith(b"100") and path.suffix in _READ and ".." not in path.parts:
            wanted.append((path, about.split()[2]))
    blobs = io.BytesIO(
        _git(root, ("cat-file", "--batch"), b"".join(blob + b"\n" for _, blob in wanted))
    )
    for path, _ in wanted:
        header = blobs.readline().split()
        if len(header) == _HEADER:  # otherwise it is missing, in a clone that has not all
            yield path, blobs.read(int(header[2]))
            blobs.read(1)


def _git(root: Path, arguments: tuple[str, ...], given: bytes = b"") -> bytes:
    import subprocess  # here, since most audits need none of it

    try:
        done = subprocess.run(  # noqa: S603 (git, with arguments as a list)
            ["git", *arguments],  # noqa: S607 (whichever the user has)
            cwd=root,
            input=given,
            capture_output=True,
            check=False,
        )
    except OSError as error:
        raise ChangesError(f"git cannot be run: {error.strerror}") from error
    if done.returncode != 0:
        reason = done.stderr.decode(errors="replace").strip().splitlines()
        told = reason[-1] if reason else "it failed"
        raise ChangesError(f"git knows no {arguments[-1]!r}: {told}")
    return done.stdout
