"""What a project was at another commit, to tell only what a change adds."""

from __future__ import annotations

import io
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

_READ = (".py", ".pyw", ".toml", ".lock", ".txt", ".in", ".cfg")


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
    with tempfile.TemporaryDirectory(prefix="audit-") as name:
        folder = Path(name)
        with tarfile.open(fileobj=io.BytesIO(_archive(root, commit))) as archive:
            for member in archive:
                path = PurePosixPath(member.name)
                if not member.isfile() or path.suffix not in _READ or ".." in path.parts:
                    continue
                content = archive.extractfile(member)
                if content is not None:
                    place = folder / path
                    place.parent.mkdir(parents=True, exist_ok=True)
                    place.write_bytes(content.read())
        yield folder


def _archive(root: Path, commit: str) -> bytes:
    command = ["git", "archive", "--format=tar", "--end-of-options", commit]
    try:
        done = subprocess.run(  # noqa: S603 (git, with arguments as a list)
            command, cwd=root, capture_output=True, check=False
        )
    except OSError as error:
        raise ChangesError(f"git cannot be run: {error.strerror}") from error
    if done.returncode != 0:
        reason = done.stderr.decode(errors="replace").strip().splitlines()
        raise ChangesError(f"git knows no {commit!r}: {reason[-1] if reason else 'it failed'}")
    return done.stdout
