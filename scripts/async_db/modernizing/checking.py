"""A move looks at itself: what the audit and a type checker say of the result."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from async_db.auditing import Service, findings_of
from async_db.findings import Finding
from async_db.modernizing.editing import parsed
from async_db.modernizing.modernization import Modernization
from async_db.modernizing.oracle import Fault, NoAnswer, faults_of
from async_db.modernizing.refused import refused_in
from async_db.modernizing.sources import Sources

_NO_SYNC = "migrating/no-sync-left"


@dataclass(frozen=True, slots=True)
class Check:
    """What was found wrong with the result of a move.

    Parameters:
        files: how many Python files were changed.
        refused: where Python itself refuses one of them, such as an `await` in a plain function.
        sync: where the audit finds a sync session in what is async now, and did not before.
        faults: what a type checker says of async code, and did not say before.
        unchecked: why no type checker looked at it; empty, if one did.
    """

    files: int
    refused: tuple[Fault, ...] = ()
    sync: tuple[Finding, ...] = ()
    faults: tuple[Fault, ...] = ()
    unchecked: str = ""

    @property
    def is_clean(self) -> bool:
        """Whether nothing was found wrong."""
        return not (self.refused or self.sync or self.faults)


def check(move: Modernization, *, types: bool) -> Check:
    """Look at what a move gives; nothing of it runs.

    Parameters:
        move: that was made.
        types: whether to have a type checker look at it.
    """
    files = [path for path in move.after.changed() if path.endswith(".py")]
    if not files:
        return Check(0)
    looked = Check(len(files), tuple(_refused(move.after, files)))
    if looked.refused:
        return replace(looked, unchecked="Python refuses it")
    looked = replace(looked, sync=_new(_sync_left(move.after), move.before))
    if not types:
        return replace(looked, unchecked="--types asks mypy")
    try:
        faults = faults_of(move.before.project(), move.after.project())
    except NoAnswer as error:
        return replace(looked, unchecked=str(error))
    except OSError as error:
        return replace(looked, unchecked=f"cannot write a copy: {error.strerror}")
    return replace(looked, faults=faults)


def _refused(sources: Sources, paths: Iterable[str]) -> Iterator[Fault]:
    for path in paths:
        try:
            found = sorted(refused_in(parsed(sources.texts[path])))
        except SyntaxError as error:
            found = [(error.lineno or 1, error.msg)]
        yield from (Fault(path, line, f"Python refuses it: {why}") for line, why in found)


def _sync_left(sources: Sources) -> list[Finding]:
    found = findings_of(Service(sources.project()), (_NO_SYNC,))
    return [each for each in found if each.grade == "proven"]


def _new(found: list[Finding], before: Sources) -> tuple[Finding, ...]:
    """Leave out what was found before, wherever in its file it stands now."""
    if not found:
        return ()
    known = Counter((each.path, each.message) for each in _sync_left(before))
    return tuple(each for each in found if not known[each.path, each.message])
