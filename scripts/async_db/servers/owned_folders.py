"""Temporary folders of which the next call can tell that they are left over, and clears them up.

Their owner holds a lock on a file in each. The system takes it away when the owner ends, however it
ends; a process id would say less, since it is soon given to another process.
"""

import os
import shutil
import signal
import stat
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import Any

if sys.platform != "win32":
    import fcntl

_OWNER = "owner"
_PROGRAMS = frozenset({"initdb", "pg_ctl", "pgbouncer", "postgres"})
_END_SECONDS = 5.0
_REMOVE_SECONDS, _PAUSE = 2.0, 0.05


@contextmanager
def owned_folder(prefix: str, base: Path, *, keep: bool = False) -> Iterator[Path]:
    """Make a folder for the length of the block, and first remove what others of its kind left.

    Args:
        prefix: what its name begins with; its kind.
        base: the folder that it is made in.
        keep: whether it stays, and is nobody's from then on.

    Yields:
        Its path, without symbolic links.

    Raises:
        OSError: it cannot be made.
    """
    remove_abandoned(prefix, base)
    folder = Path(tempfile.mkdtemp(prefix=f"{prefix}-{os.getpid()}-", dir=base)).resolve()
    lock = None
    try:
        lock = None if keep else _own(folder)
        yield folder
    finally:
        if not keep:
            remove_folder(folder)
        if lock is not None:
            os.close(lock)


def remove_abandoned(prefix: str, base: Path) -> None:
    """Remove this user's folders of a kind whose owners have ended, and end what runs in them."""
    for folder in base.glob(f"{prefix}-*"):
        lock = _taken_over(folder)
        if lock is None:
            continue
        try:
            end_programs_in(folder)
            remove_folder(folder)
        finally:
            os.close(lock)


def remove_folder(folder: Path) -> None:
    """Remove a folder into which what was just ended may still write a moment longer."""
    deadline = time.monotonic() + _REMOVE_SECONDS
    while True:
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists() or time.monotonic() > deadline:
            return
        time.sleep(_PAUSE)


def end_programs_in(folder: Path) -> None:
    """End the servers that were started with something in a folder, and what works in it without a
    terminal, and wait until they have ended."""
    try:
        psutil = import_module("psutil")  # by name: whoever checks types may not have its stubs
    except ImportError:
        return  # the servers' wheel, which needs it too, is not installed either
    asked = ["name", "cmdline", "cwd", "terminal"]
    running = [
        process
        for process in psutil.process_iter(asked)
        if process.pid != os.getpid() and _belongs_to(process.info, folder)
    ]
    for process in running:
        with suppress(psutil.Error):
            # The server clears up its shared memory; where the signal is not known, it ends it.
            process.send_signal(signal.SIGTERM if sys.platform == "win32" else signal.SIGQUIT)
    _, alive = psutil.wait_procs(running, timeout=_END_SECONDS)
    for process in alive:
        with suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(alive, timeout=_END_SECONDS)


def _belongs_to(program: Mapping[str, Any], folder: Path) -> bool:
    """Say whether a process is one of ours that is about a folder: a shell in it is somebody's."""
    if program["name"] in _PROGRAMS:
        return any(str(folder) in argument for argument in program["cmdline"] or ())
    works_there = program["cwd"] and Path(program["cwd"]).is_relative_to(folder)
    return bool(works_there) and program["terminal"] is None


def _own(folder: Path) -> int | None:
    """Say that a folder is this process's while it lives; give what is closed at the end."""
    if sys.platform == "win32":
        return None
    unlocked = folder / f"{_OWNER}.new"
    lock = os.open(unlocked, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    unlocked.rename(folder / _OWNER)  # nobody ever sees it unlocked while this process lives
    return lock


def _taken_over(folder: Path) -> int | None:
    """Take a folder's lock, if it is this user's and the owner has ended."""
    if sys.platform == "win32":
        return None
    try:
        found = folder.lstat()
        # The folder that they are in may be everybody's, who may put anything there.
        private = stat.S_ISDIR(found.st_mode) and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
        if not private or found.st_uid != os.geteuid():
            return None
        lock = os.open(folder / _OWNER, os.O_RDWR | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        return None
    return lock
