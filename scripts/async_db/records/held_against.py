"""Whether a record still speaks of the files that are there."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace

from .record import Place, Record


@dataclass(frozen=True, slots=True)
class Held:
    """A record, as far as it holds for the files of a target.

    Parameters:
        record: what it says of files that are as they were, by the paths that the target gives them.
        stale: the files that it speaks of and that have changed since, or are gone, by the paths
            that the record gives them.
    """

    record: Record
    stale: tuple[str, ...]


def text_hash(data: bytes) -> str:
    """Give what tells a file's text from others: line ends do not count, as Git may change them."""
    return hashlib.sha256(data.replace(b"\r\n", b"\n")).hexdigest()


def held_against(record: Record, hashes: Mapping[str, str]) -> Held:
    """Hold a record against the files of a target.

    A test run may have had another folder for its root than the target has now, one above it or
    one below: then its paths are those of the target but for that folder.

    Parameters:
        record: what was seen.
        hashes: of the target's files, by their paths.
    """
    moves = _moves(record, hashes)
    fresh = {
        path: moves[path]
        for path, text in record.files.items()
        if path in moves and hashes.get(moves[path]) == text
    }
    stale = tuple(sorted(path for path in record.files if path not in fresh))
    return Held(_renamed(record, fresh), stale)


def _moves(record: Record, hashes: Mapping[str, str]) -> dict[str, str]:
    """Give the target's path of each path of a record, by the folder that most files agree on."""
    best: dict[str, str] = {}
    for cut, added in sorted(_shifts(record, hashes)):
        moved = {
            path: added + path.removeprefix(cut) for path in record.files if path.startswith(cut)
        }
        count = sum(hashes.get(moved[path]) == record.files[path] for path in moved)
        if count > sum(hashes.get(best[path]) == record.files[path] for path in best):
            best = moved
    return best


def _shifts(record: Record, hashes: Mapping[str, str]) -> set[tuple[str, str]]:
    """Give the folders that may have to be cut off the front of a path, or put there."""
    found = {("", "")}
    if all(hashes.get(path) == text for path, text in record.files.items()):
        return found
    by_hash: dict[str, list[str]] = {}
    for path, text in hashes.items():
        by_hash.setdefault(text, []).append(path)
    for path, text in record.files.items():
        for other in by_hash.get(text, ())[:9]:  # many files are empty
            if path.endswith(f"/{other}"):
                found.add((path.removesuffix(other), ""))
            elif other.endswith(f"/{path}"):
                found.add(("", other.removesuffix(path)))
    return found


def _renamed(record: Record, names: Mapping[str, str]) -> Record:
    """Keep what a record says of some files, under new names; what it says of others is dropped."""

    def place(of: Place | None) -> Place | None:
        return replace(of, path=names[of.path]) if of and of.path in names else None

    def callee(path: str) -> str | None:
        return names.get(path) if path else ""

    return replace(
        record,
        files={names[path]: text for path, text in record.files.items() if path in names},
        functions=tuple(
            replace(each, path=names[each.path]) for each in record.functions if each.path in names
        ),
        calls=tuple(
            replace(each, path=names[each.path], callee_path=path)
            for each in record.calls
            if each.path in names and (path := callee(each.callee_path)) is not None
        ),
        loads=tuple(
            replace(
                each, read=read, owner_path=path, made=made, made_by=each.made_by if made else ""
            )
            for each in record.loads
            if (read := place(each.read)) is not None
            and (path := callee(each.owner_path)) is not None
            and ((made := place(each.made)) or True)
        ),
    )
