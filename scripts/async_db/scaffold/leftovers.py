"""Folders of runs that were killed: the next run removes them."""

from __future__ import annotations

import os
import re
import shutil
import stat
from pathlib import Path


def remove_left_behind(parent: Path, prefix: str) -> None:
    """Remove the folders of runs that have ended without removing them.

    What cannot be looked at, or belongs to somebody else, stays.

    Parameters:
        parent: the folder that they are in.
        prefix: what their names begin with; the number of the process follows, and a hyphen.
    """
    if os.name == "nt":
        return  # where asking for a process by `os.kill` ends it
    named = re.compile(rf"{re.escape(prefix)}(\d+)-\w+")
    try:
        entries = list(parent.iterdir())
    except OSError:
        return
    for entry in entries:
        found = named.fullmatch(entry.name)
        if found is not None and _is_own_folder(entry) and not _is_running(int(found[1])):
            shutil.rmtree(entry, ignore_errors=True)


def _is_own_folder(path: Path) -> bool:
    try:
        status = path.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid()


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True  # somebody else's, or nothing that can be asked for
    return True
