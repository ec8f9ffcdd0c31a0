"""Writing a tree of files all or not at all.

First everything is looked at (`plan_writing`), then everything is staged beside its destination,
and only then is anything moved into place. Each move is noted before it is made, so that whatever
goes wrong, an interrupt included, the moves made so far are taken back.
"""

import difflib
import os
import secrets
import shutil
import signal
import stat
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Literal

from async_db.scaffold.leftovers import remove_left_behind

STAGE = ".render-"
LARGEST = 50_000_000
"""Bytes: a file that something of ours would replace and is larger was put there by mistake."""

Action = Literal["created", "overwritten", "removed", "unchanged"]


class WriteError(Exception):
    """The tree cannot be written; unless the message says otherwise, nothing was."""


@dataclass(frozen=True)
class FilePlan:
    """What happens to one file: its content before and after, none where it is not there."""

    path: PurePosixPath
    before: bytes | None
    after: bytes | None

    @property
    def action(self) -> Action:
        """What writing does to the file."""
        if self.before == self.after:
            return "unchanged"
        if self.before is None:
            return "created"
        return "removed" if self.after is None else "overwritten"


@dataclass(frozen=True)
class Plan:
    """What writing would do: `exists` and `vacant` tell of the target before it."""

    target: Path
    exists: bool
    vacant: bool
    files: tuple[FilePlan, ...]

    def paths(self, action: Action) -> list[PurePosixPath]:
        """The files to which this happens."""
        return [file.path for file in self.files if file.action == action]


def check_path(path: PurePosixPath) -> None:
    """See that a path stays below wherever it is put, on any system.

    Raises:
        WriteError: it is absolute, empty, or has a part that is more than a name.
    """
    if path.is_absolute() or not path.parts:
        raise WriteError(f"{str(path)!r} is not a relative path of a file")
    for part in path.parts:
        # A colon is a drive or a stream on Windows; unprintable names are never meant.
        if part == ".." or not part.isprintable() or set(part) & {"\\", ":"}:
            raise WriteError(f"{str(path)!r} has a part that is no plain name: {part!r}")


def plan_writing(target: Path, tree: Mapping[PurePosixPath, str | bytes | None]) -> Plan:
    """Look at everything that writing a tree into a folder would touch; change nothing.

    Parameters:
        target: the folder, which need not exist.
        tree: what each file is to hold, by its path in that folder; a text is stored as UTF-8,
            and what has none is removed.

    Raises:
        WriteError: a path leads out of the target or through a symbolic link, or something that
            is no regular file or folder is in the way, or cannot be read.
    """
    for path in tree:
        check_path(path)
    folders = {folder for path in tree for folder in path.parents}
    if both := sorted(folders & tree.keys()):
        raise WriteError(f"{both[0]} would be a file and a folder")
    try:
        target = _absolute(target)
        exists = _folder_exists(target)
        # A repository that was only just made is as new as a folder that is not there.
        vacant = not exists or all(entry.name == ".git" for entry in target.iterdir())
        files = tuple(
            FilePlan(
                path, _content(target, path), after.encode() if isinstance(after, str) else after
            )
            for path, after in sorted(tree.items())
        )
    except (OSError, RuntimeError) as error:  # RuntimeError: a loop of symbolic links
        raise WriteError(f"cannot read {target}: {_reason(error)}") from error
    return Plan(target, exists, vacant, files)


def write(plan: Plan, *, force: bool = False) -> None:
    """Carry out a plan, all of it or nothing.

    Parameters:
        plan: from `plan_writing`; what changed since is found out and refused.
        force: whether files with other content may be overwritten.

    Raises:
        WriteError: files with other content are there, or it could not be written; what was
            there before is there again. If even that fails, the message says where it is kept.
        KeyboardInterrupt: after restoring what was there before.
    """
    differing = plan.paths("overwritten")
    if differing and not force:
        raise WriteError(f"would overwrite {', '.join(map(str, differing))}: use --force to do so")
    pending = [file for file in plan.files if file.action != "unchanged"]
    if not pending:
        return
    home = plan.target if plan.exists else plan.target.parent
    moves = _Moves(home / f"{STAGE}{os.getpid()}-{secrets.token_hex(8)}")
    try:
        moves.open_stage()
        if plan.exists:
            _write_into(plan.target, pending, moves)
        else:
            _write_whole(plan.target, pending, moves)
    except BaseException as error:
        with _uninterrupted():
            kept = moves.undo()
        if kept:
            names = ", ".join(map(str, kept))
            raise WriteError(
                f"could not restore {names}: what was there is kept in {moves.stage}"
            ) from error
        if isinstance(error, OSError):
            raise WriteError(
                f"cannot write {plan.target}: {_reason(error)}; nothing was changed"
            ) from error
        raise
    with _uninterrupted():
        moves.close_stage()


def unified_diff(file: FilePlan) -> str:
    """The change to a file as a unified diff, empty if there is none."""
    if file.action == "unchanged":
        return ""
    name_before = "/dev/null" if file.before is None else f"a/{file.path}"
    # Without these lines nothing would tell of an empty file that is new, as `__init__.py` is.
    head = f"diff --git a/{file.path} b/{file.path}\n"
    if file.before is None:
        head += "new file mode 100644\n"
    if file.after is None:
        head += "deleted file mode 100644\n"
    try:
        before = (file.before or b"").decode()
    except UnicodeDecodeError:
        return f"{head}Binary files {name_before} and b/{file.path} differ\n"
    name_after = "/dev/null" if file.after is None else f"b/{file.path}"
    after = (file.after or b"").decode()
    lines = difflib.unified_diff(_lines(before), _lines(after), name_before, name_after)
    return head + "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
    )


def _lines(text: str) -> list[str]:
    # Unlike str.splitlines, this ends lines only where diff and patch do.
    lines = [f"{line}\n" for line in text.split("\n")]
    last = lines.pop().removesuffix("\n")
    return [*lines, last] if last else lines


# --- looking -----------------------------------------------------------------------------------


def _absolute(target: Path) -> Path:
    # Links above the target are the caller's own way to it. The target itself must be none, so
    # its name is not resolved.
    if target.name in ("", ".."):
        return target.resolve()
    return target.parent.resolve() / target.name


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.lstat()
    except FileNotFoundError:
        return None


def _folder_exists(path: Path) -> bool:
    status = _status(path)
    if status is None:
        return False
    if stat.S_ISLNK(status.st_mode):
        raise WriteError(f"{path} is a symbolic link: name the folder it leads to")
    if not stat.S_ISDIR(status.st_mode):
        raise WriteError(f"{path} is in the way: it is not a folder")
    return True


def _content(target: Path, path: PurePosixPath) -> bytes | None:
    """What a file has now, none if it is not there; refuses what is no regular file."""
    for folder in reversed(path.parents):
        if not _folder_exists(target / folder):
            return None
    file = target / path
    status = _status(file)
    if status is None:
        return None
    if stat.S_ISLNK(status.st_mode):
        raise WriteError(f"{file} is a symbolic link, which is never written through")
    if not stat.S_ISREG(status.st_mode):
        raise WriteError(f"{file} is in the way: it is not a regular file")
    if status.st_size > LARGEST:
        raise WriteError(f"{file} is in the way: it has {status.st_size:,} bytes")
    return file.read_bytes()


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


# --- writing -----------------------------------------------------------------------------------


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = path.lstat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


@dataclass(frozen=True)
class _Move:
    """Of something staged to its destination; `previous` is a copy of what was there."""

    staged: Path
    destination: Path
    identity: tuple[int, int] | None
    previous: Path | None

    def undo(self) -> None:
        # Unless what was staged has arrived there is nothing to undo. Asking for that, instead
        # of noting it, is right wherever between two steps an interrupt came.
        if self.identity is None or _identity(self.destination) != self.identity:
            return
        if self.previous is None:
            os.replace(self.destination, self.staged)
        else:
            os.replace(self.previous, self.destination)


@dataclass(frozen=True)
class _Removal:
    """Of what was at a destination, into the stage."""

    destination: Path
    previous: Path

    def undo(self) -> None:
        if _identity(self.previous) is not None and _identity(self.destination) is None:
            os.replace(self.previous, self.destination)


@dataclass
class _Moves:
    """The folders and moves made so far, and the stage they are made from."""

    stage: Path
    folders: list[Path] = field(default_factory=list)
    moves: list[_Move | _Removal] = field(default_factory=list)

    def open_stage(self) -> None:
        self.make_folder(self.stage.parent)
        remove_left_behind(self.stage.parent, STAGE)
        os.mkdir(self.stage, 0o700)

    def close_stage(self) -> None:
        shutil.rmtree(self.stage, ignore_errors=True)

    def make_folder(self, folder: Path) -> None:
        """Make a folder and those above it that are missing."""
        if folder.is_dir():
            return
        self.make_folder(folder.parent)
        self.folders.append(folder)
        try:
            os.mkdir(folder)
        except FileExistsError:
            self.folders.remove(folder)  # somebody else's: not to be removed again
            raise

    def move(self, staged: Path, destination: Path, previous: Path | None) -> None:
        self.moves.append(_Move(staged, destination, _identity(staged), previous))
        os.replace(staged, destination)

    def remove(self, destination: Path, previous: Path) -> None:
        self.moves.append(_Removal(destination, previous))
        os.replace(destination, previous)

    def undo(self) -> list[Path]:
        """Take everything back; answers with the destinations for which that failed."""
        kept = []
        for move in self.moves:
            try:
                move.undo()
            except OSError:
                kept.append(move.destination)
        if not kept:
            self.close_stage()
        for folder in reversed(self.folders):
            with suppress(OSError):  # gone already, or somebody else put something into it
                os.rmdir(folder)
        return kept


def _write_whole(target: Path, files: list[FilePlan], moves: _Moves) -> None:
    """Stage the whole target and move it into place in one step."""
    project = moves.stage / "project"
    for file in files:
        staged = project / file.path
        moves.make_folder(staged.parent)
        _put(staged, file.after or b"")
    if _folder_exists(target):
        raise WriteError(f"{target} has just been made by somebody else; nothing was changed")
    moves.move(project, target, None)


def _write_into(target: Path, files: list[FilePlan], moves: _Moves) -> None:
    """Stage new and previous contents of every file, and only then move file by file."""
    staged = [_stage(target, file, moves.stage / str(n)) for n, file in enumerate(files)]
    for file, (new, previous) in zip(files, staged, strict=True):
        if _content(target, file.path) != file.before:
            raise WriteError(f"{file.path} has just been changed; nothing was written")
        destination = target / file.path
        if file.after is None and previous is not None:
            moves.remove(destination, previous)
            continue
        moves.make_folder(destination.parent)
        moves.move(new, destination, previous)


def _stage(target: Path, file: FilePlan, folder: Path) -> tuple[Path, Path | None]:
    os.mkdir(folder)
    new, previous = folder / "new", folder / "previous"
    if file.after is None:
        return new, previous
    _put(new, file.after)
    if file.before is None:
        return new, None
    _put(previous, file.before)
    # Who may run it stays; neither in whose name, nor that all may write to it.
    os.chmod(new, stat.S_IMODE((target / file.path).stat().st_mode) & 0o775)
    shutil.copystat(target / file.path, previous)
    return new, previous


def _put(path: Path, content: bytes) -> None:
    with open(path, "xb") as file:
        file.write(content)


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Ignore being told to stop while restoring or tidying up: that is short, and must be done."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread is interrupted, and only it may set handlers
        return
    stops = [signal.SIGINT, signal.SIGTERM]
    if hasattr(signal, "SIGHUP"):
        stops.append(signal.SIGHUP)
    handlers = [signal.signal(stop, signal.SIG_IGN) for stop in stops]
    try:
        yield
    finally:
        for stop, handler in zip(stops, handlers, strict=True):
            signal.signal(stop, signal.SIG_DFL if handler is None else handler)
