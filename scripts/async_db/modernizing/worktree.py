"""The state of a target's work tree: what is not committed could not be told from the move."""

from __future__ import annotations

import subprocess
from collections.abc import Collection
from pathlib import Path

_SHOWN = 3


class UncommittedError(Exception):
    """Files that would be written have changes that are not committed; the message is one line."""


def refuse_uncommitted(root: Path, paths: Collection[str]) -> None:
    """See that a move can be told, and taken back, by git.

    Parameters:
        root: the target's folder.
        paths: the files that would be written, relative to it.

    Raises:
        UncommittedError: some of them have changes that are not committed, or there is no git
            that knows them.
    """
    try:
        done = subprocess.run(
            ["git", "status", "--porcelain", "-z", "--untracked-files=all", "--", "."],  # noqa: S607 (whichever the user has)
            cwd=root,
            capture_output=True,
            check=False,
        )
        prefix = subprocess.run(
            ["git", "rev-parse", "--show-prefix"],  # noqa: S607 (as above)
            cwd=root,
            capture_output=True,
            check=False,
        )
    except OSError as error:
        raise UncommittedError(f"git cannot be run: {error.strerror}") from error
    if done.returncode != 0:
        raise UncommittedError(f"{root} is in no git work tree, so the move could not be undone")
    above = prefix.stdout.decode(errors="surrogateescape").strip()
    changed = {
        entry[3:].removeprefix(above)
        for entry in done.stdout.decode(errors="surrogateescape").split("\0")
        if len(entry) > 3  # two letters and a space stand before the name
    }
    found = sorted(changed & set(paths))
    if found:
        more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        raise UncommittedError(f"not committed: {', '.join(found[:_SHOWN])}{more}")
