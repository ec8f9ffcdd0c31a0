"""A move as a person reads it, in one screen, and as data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict

from async_db.findings import Finding, counted, json_text, visible
from async_db.modernizing.changes import Change
from async_db.modernizing.checking import Check
from async_db.modernizing.generated import WHY
from async_db.modernizing.modernization import Modernization
from async_db.modernizing.oracle import Fault

SCHEMA_VERSION = 1
_MOST_CHARACTERS = 10_000
_FEWER = (40, 20, 10, 5, 3, 1)
"""How many places of each reason are tried until a report is short enough."""
_MOST_SKIPPED = 5


def as_report(move: Modernization, checked: Check, *, everything: bool = False) -> str:
    """Tell a move: sizes first, then what is left, reason by reason.

    Parameters:
        move: what would be written, or was.
        checked: what was found wrong with it.
        everything: tell all places; otherwise as many as can be read in one go.
    """
    if everything:
        return _report(move, checked, max(len(move.changes), len(checked.faults)))
    report = ""
    for places in _FEWER:
        report = _report(move, checked, places)
        if len(report) <= _MOST_CHARACTERS:
            break
    return report


def _report(move: Modernization, checked: Check, places: int) -> str:
    lines = [*_summary(move), *_checked(checked, places)]
    doubtful = [each for each in move.changes if each.grade == "unsafe"]
    if doubtful:
        lines += ["", f"made, with a doubt ({len(doubtful)}):", *_by_reason(doubtful, places)]
    if move.left:
        marked = "each marked in the code"
        if any(each.reason == WHY for each in move.left):
            marked += " but in what is generated"
        lines += ["", f"left to a person ({len(move.left)}), {marked}:"]
        lines += _by_reason(move.left, places)
    lines += _skipped(move)
    return "\n".join(lines) + "\n"


def _summary(move: Modernization) -> Iterator[str]:
    changed = move.after.changed()
    counts = move.counts
    if not changed:
        yield "modernize: nothing to change"
        return
    yield f"modernize: {counted(len(changed), 'file')}, {counted(sum(counts.values()), 'change')}, {len(move.left)} left"
    yield "  " + ", ".join(f"{kind} {number}" for kind, number in counts.most_common())
    sources = Counter(each.knowledge for each in move.changes if each.kind == "await")
    if set(sources) - {"model"}:
        yield "  awaits by source: " + ", ".join(f"{name} {sources[name]}" for name in sources)


def _checked(checked: Check, places: int) -> Iterator[str]:
    """Say what a look at the result has found, in a line if that is nothing."""
    if not checked.files:
        return
    sync, faults = len(checked.sync), len(checked.faults)
    yield f"  checked: {counted(sync, 'sync session')} on the loop by the audit; " + (
        f"not by types ({visible(checked.unchecked)})"
        if checked.unchecked
        else f"{counted(faults, 'fault')} of coroutines and async objects by mypy"
    )
    found: list[Finding | Fault] = [*checked.refused, *checked.sync, *checked.faults]
    for each in found[:places]:
        yield f"    {visible(each.path)}:{each.line}  {visible(each.message)}"
    if len(found) > places:
        yield f"    and {len(found) - places} more (--all)"


def _by_reason(changes: Sequence[Change], places: int) -> Iterator[str]:
    reasons: dict[tuple[str, str], list[Change]] = {}
    for each in changes:
        reasons.setdefault((each.rule, each.reason), []).append(each)
    for (rule, reason), alike in sorted(reasons.items(), key=lambda pair: -len(pair[1])):
        yield f"  {visible(reason)} [{rule}]"
        for each in alike[:places]:
            yield f"    {visible(each.path)}:{each.line}  {visible(each.code[:100])}"
        if len(alike) > places:
            yield f"    and {len(alike) - places} more (--all)"


def _skipped(move: Modernization) -> Iterator[str]:
    skipped = move.before.skipped
    if skipped:
        yield ""
        yield f"not read ({len(skipped)}):"
        for each in skipped[:_MOST_SKIPPED]:
            yield f"  {visible(each.path)}: {visible(each.reason)}"
        if len(skipped) > _MOST_SKIPPED:
            yield f"  and {len(skipped) - _MOST_SKIPPED} more (--format json)"


def as_data(move: Modernization, checked: Check) -> str:
    """Tell a move, and what was found wrong with it, as JSON."""
    data = {
        "schema_version": SCHEMA_VERSION,
        "files": sorted(move.after.changed()),
        "created": sorted(move.after.created),
        "counts": dict(move.counts.most_common()),
        "changes": [asdict(each) for each in move.changes if each.grade != "withheld"],
        "left": [asdict(each) for each in move.left],
        "checked": {
            "files": checked.files,
            "refused": [_place(each) for each in checked.refused],
            "sync": [_place(each) for each in checked.sync],
            "types": None if checked.unchecked else [_place(each) for each in checked.faults],
            "unchecked": checked.unchecked,
        },
        "skipped": [asdict(each) for each in move.before.skipped],
    }
    return json_text(data)


def _place(found: Finding | Fault) -> dict[str, object]:
    return {"path": found.path, "line": found.line, "message": found.message}
