"""An audit as a person reads it, in one screen and then as much as fits, and as data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from async_db.auditing.auditing import Audit
from async_db.auditing.inventory import Entry, Section
from async_db.auditing.plan_report import plan_summary, told_plan
from async_db.findings import (
    GRADES,
    SCHEMA_VERSION,
    Finding,
    card_data,
    card_lines,
    cards,
    chosen,
    counted_by_rule,
    json_text,
    notices_as_text,
    visible,
)

_WIDTH = 100
_MOST_CHARACTERS = 10_000
_FEWER = ((12, 6), (8, 4), (6, 3), (4, 2), (2, 1), (1, 0))
"""How many findings, and places of each section, are tried until a report is short enough."""
_PLAIN = frozenset({str, int, bool, type(None)})
_MOST_SKIPPED = 5
_MOST_NOTICES = 5
_HOW_TO_SEE = (
    "--all shows every place, --rule topic/slug those of a rule, --format json all as data"
)


def as_report(audit: Audit, *, everything: bool = False) -> str:
    """Tell an audit to a person: sizes, the worst and the next step first, then places.

    Parameters:
        audit: what was found.
        everything: tell all places; otherwise as many as can be read in one go.
    """
    if everything:
        return _report(audit, None, None)
    report = ""
    for findings, entries in _FEWER:
        report = _report(audit, findings, entries)
        if len(report) <= _MOST_CHARACTERS:
            break
    return report


def _report(audit: Audit, findings: int | None, entries: int | None) -> str:
    blocks = ["\n".join(_summary(audit))]
    if audit.findings:
        blocks.append(_findings(audit.findings, findings))
    if audit.plan is not None:
        blocks.append("\n".join(told_plan(audit.plan, entries)))
    if audit.inventory is not None:
        blocks.append("\n".join(_places(audit.inventory, entries)))
    return "\n\n".join(block.rstrip("\n") for block in blocks if block) + "\n"


def as_data(audit: Audit) -> str:
    """Tell an audit as data, with all that it has."""
    content: dict[str, object] = {
        "schema_version": SCHEMA_VERSION,
        "project": str(audit.root),
        "files": audit.files,
        "lines": audit.lines,
        "irrelevant_files": audit.irrelevant,
        "skipped": [_as_data(each) for each in audit.skipped],
        "releases": {
            each.name: {
                "version": each.version,
                "bounds": each.bounds,
                "how": each.how,
                "source": each.source,
            }
            for each in audit.releases
        },
    }
    if audit.inventory is not None:
        content["inventory"] = {
            section.name: {
                "counts": dict(_counts(section)),
                "entries": [_as_data(entry) for entry in section.entries],
            }
            for section in audit.inventory
        }
    if audit.plan is not None:
        content["plan"] = _as_data(audit.plan)
    if audit.findings is not None:
        content["rules"] = list(audit.rules)
        content["known"] = audit.known
        content["notices"] = [{"level": each.level, "message": each.text} for each in audit.notices]
        content["findings"] = [card_data(each) for each in cards(audit.findings)]
    return json_text(content)


def _as_data(of: Any) -> Any:
    """Give the fields of a record, as `asdict` does, which copies each of them first."""
    kind = of.__class__
    if kind in _PLAIN:
        return of
    if kind is tuple:
        return [_as_data(each) for each in of]
    return {
        name: value if (value := getattr(of, name)).__class__ in _PLAIN else _as_data(value)
        for name in kind.__slots__
    }


def _summary(audit: Audit) -> Iterator[str]:
    yield visible(
        f"{audit.root}: {audit.files} files, {audit.lines:,} lines read; "
        f"{audit.irrelevant} cannot matter; {len(audit.skipped)} not read"
    )
    if audit.releases:
        yield visible(
            "  " + ", ".join(f"{each.name} {each} ({each.how})" for each in audit.releases)
        )
    for each in audit.skipped[:_MOST_SKIPPED]:
        yield visible(f"  not read: {each.path}: {each.reason}")
    if len(audit.skipped) > _MOST_SKIPPED:
        yield f"  and {len(audit.skipped) - _MOST_SKIPPED} more not read: --format json names all"
    if audit.inventory is not None:
        yield ""
        yield "Inventory"
        for section in audit.inventory:
            counts = ", ".join(f"{number} {kind}" for kind, number in _counts(section))
            yield visible(
                f"  {section.name:<21}{len(section.entries):>5}  {counts}"[:_WIDTH].rstrip()
            )
    if audit.findings is not None:
        yield ""
        yield from _worst(audit)
    if audit.plan is not None:
        yield ""
        yield from plan_summary(audit.plan)


def _worst(audit: Audit) -> Iterator[str]:
    findings = cards(audit.findings or ())
    grades = Counter(each.grade for each in findings)
    counted = ", ".join(f"{grades[grade]} {grade}" for grade in GRADES if grades[grade])
    known = f"; {audit.known} known are not told" if audit.known else ""
    yield f"Findings: {counted or 'none'}, by {len(audit.rules)} rules that source can show{known}"
    by_rule: dict[str, Counter[str]] = {}
    for each in findings:
        by_rule.setdefault(each.rule, Counter())[each.grade] += 1
    for rule, each_grade in sorted(by_rule.items(), key=_by_weight):
        counts = ", ".join(f"{each_grade[grade]} {grade}" for grade in GRADES if each_grade[grade])
        yield f"  {rule:<45}{counts}"
    shown = audit.notices[:_MOST_NOTICES]
    yield from (f"  {line}" for line in notices_as_text(shown).splitlines())
    if len(shown) < len(audit.notices):
        yield f"  and {len(audit.notices) - len(shown)} more of these: --format json names all"
    if findings:
        first = min(by_rule.items(), key=_by_weight)[0]
        topic, _, slug = first.partition("/")
        yield f"Next: read ## {slug} in references/{topic}*.md; `--rule {first}` tells all its places"


def _by_weight(item: tuple[str, Counter[str]]) -> tuple[int, int, int, str]:
    rule, grades = item
    return -grades["proven"], -grades["suspected"], -grades["review"], rule


def _findings(findings: Sequence[Finding], most: int | None) -> str:
    """Tell the surest ones; of each rule some before all of one."""
    told = cards(findings)
    if most is None or len(told) <= most:
        return "\n".join(card_lines(told, evidence=most is None)).lstrip("\n")
    shown = chosen(told, most)
    left = counted_by_rule([card for card in told if card not in shown])
    lines = [*card_lines(shown), "", f"Not shown: {left}.", _HOW_TO_SEE]
    return "\n".join(lines).lstrip("\n")


def _places(inventory: Sequence[Section], most: int | None) -> Iterator[str]:
    for section in inventory:
        if not section.entries:
            continue
        yield f"{section.name}:"
        shown = section.entries if most is None else _spread(section, most)
        for entry in shown:
            yield visible(f"  {entry.path}:{entry.line}  {entry.kind}: {entry.text}")[: _WIDTH + 20]
        if len(shown) < len(section.entries):
            yield f"  and {len(section.entries) - len(shown)} more"


def _spread(section: Section, most: int) -> Sequence[Entry]:
    """Give some entries of each kind, the rarest kinds first, since they say most."""
    counts = dict(_counts(section))
    seen: Counter[str] = Counter()
    order = []
    for entry in section.entries:
        seen[entry.kind] += 1
        order.append((seen[entry.kind], counts[entry.kind], entry.path, entry.line, entry))
    order.sort(key=lambda each: each[:4])
    chosen = [each[-1] for each in order[:most]]
    return sorted(chosen, key=lambda entry: (entry.path, entry.line))


def _counts(section: Section) -> list[tuple[str, int]]:
    counts = Counter(entry.kind for entry in section.entries)
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
