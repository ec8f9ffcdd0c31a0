"""What a type checker says against a move: coroutines that nobody awaits, and what is asked of them."""

from __future__ import annotations

import re
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from async_db.modernizing.oracle.asking import Asking
from async_db.target import Project

_ERROR = re.compile(r"(?P<file>.+?):(?P<line>\d+):(?:\d+:)? error: (?P<message>.*)\Z")
_OF_ASYNC = re.compile(
    r"\bCoroutine\[|\bAwaitable\[|\bAsync[A-Z]\w*|\basync_sessionmaker|\"await\"|"
    r"\"__a(?:enter|exit|iter|next)__\""
)
_RENAMED = re.compile(r"\bAsync(?=[A-Z])|\basync_(?=sessionmaker)|(?<=\ba)n async(?= generator)")


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that a type checker finds wrong.

    Parameters:
        path: the file, as the project calls it.
        line: counted from 1.
        message: the checker's words.
    """

    path: str
    line: int
    message: str


def faults_of(before: Project, after: Project) -> tuple[Fault, ...]:
    """Give what a type checker says of async code after a move, and did not say before.

    Parameters:
        before, after: the target's model.

    Raises:
        NoAnswer: the checker cannot be run.
        OSError: no copy can be written.
    """
    found = [each for each in _told(after) if _OF_ASYNC.search(each.message)]
    if not found:
        return ()
    known = Counter(map(_alike, _told(before)))
    new = []
    for each in found:
        if known[_alike(each)]:
            known[_alike(each)] -= 1
        else:
            new.append(each)
    return tuple(new)


def _alike(fault: Fault) -> tuple[str, str]:
    """Give what stays of a fault, when classes have their async names and lines have moved."""
    return fault.path, _RENAMED.sub("", fault.message)


def _told(project: Project) -> list[Fault]:
    with tempfile.TemporaryDirectory(prefix="async-db-types-") as folder:
        asking = Asking(project, [], Path(folder))
        asking.edges()
        names = {copy: module.path for module, copy in asking.paths.items()}
        return list(_errors_in(asking.output, names))


def _errors_in(output: str, names: Mapping[str, str]) -> Iterator[Fault]:
    for line in output.splitlines():
        match = _ERROR.match(line)
        if match is not None and match["file"] in names:
            yield Fault(names[match["file"]], int(match["line"]), match["message"])
