"""Findings as a person reads them in a terminal. Standard library only."""

from __future__ import annotations

import re
import textwrap
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from .escaping import visible
from .finding import GRADES, Finding
from .merging import MergedFinding, merged, met_in, place_of
from .notice import Notice, blind

_WIDTH = 100
_EVIDENCE_LINES = 4  # of the terminal for each line of evidence: one statement can fill a screen
_CI_COMMAND = re.compile(r"^(\s*):(?=:)|#(?=#\w*\[)")


def as_text(findings: Iterable[Finding], notices: tuple[Notice, ...] = ()) -> str:
    """Tell findings to a person: a summary by rule, then each finding under its rule.

    Above them stands what was not looked at.

    What a terminal would not show as it is, such as a control character in a file's name, is
    written as Python escapes it.

    Parameters:
        findings: what to tell, in any order.
        notices: what was not looked at.
    """
    told = notices_as_text(notices)
    by_rule: dict[str, list[MergedFinding]] = defaultdict(list)
    for each in merged(findings):
        by_rule[each.finding.rule].append(each)
    if not by_rule:
        return told if blind(notices) else f"{told}No findings.\n"
    sections = [*([told.splitlines()] if told else []), _summary(by_rule)]
    for rule, group in by_rule.items():
        sections.append(_lines(rule, ""))
        sections.extend(_told_in_text(each) for each in group)
    return "\n".join("".join(f"{line}\n" for line in section) for section in sections)


def notices_as_text(notices: tuple[Notice, ...]) -> str:
    """Tell a person what was not looked at, each from a line of its own on."""
    lines = (line for each in notices for line in _lines(each.text, f"{each.level}: "))
    return "".join(f"{line}\n" for line in lines)


def _summary(by_rule: Mapping[str, Sequence[MergedFinding]]) -> list[str]:
    rows = []
    for rule, group in by_rule.items():
        grades = Counter(each.finding.grade for each in group)
        counts = ", ".join(f"{grades[grade]} {grade}" for grade in GRADES if grades[grade])
        places = len({place_of(each.finding) for each in group})
        rows.append((visible(rule), counts, _counted(places, "place")))
    rule_width, counts_width = (max(len(row[column]) for row in rows) for column in (0, 1))
    return [
        _harmless(f"{rule:{rule_width}}  {counts:{counts_width}}  {places}")
        for rule, counts, places in rows
    ]


def _told_in_text(each: MergedFinding) -> list[str]:
    finding = each.finding
    return [
        _harmless(visible(f"  {finding.path}:{finding.line}  {finding.grade}")),
        *_lines(met_in(each), "    "),
        *_lines(finding.message, "    "),
        *_lines(finding.advice, "    -> "),
        *(
            line
            for evidence in finding.evidence
            for part in evidence.splitlines()
            for line in _lines(part, "      | ", "      |   ", max_lines=_EVIDENCE_LINES)
        ),
    ]


def _lines(
    text: str, indent: str, hanging: str | None = None, max_lines: int | None = None
) -> list[str]:
    """Break text into lines that fit; a long word, such as a path, stays whole to be copied.

    Parameters:
        text: of any number of lines, which are joined.
        indent: what starts the first line.
        hanging: what starts the others; by default, spaces as wide as `indent`.
        max_lines: how many to give at most.
    """
    lines = textwrap.wrap(
        visible(" ".join(text.splitlines()).replace("\t", "    ")),
        _WIDTH,
        initial_indent=indent,
        subsequent_indent=" " * len(indent) if hanging is None else hanging,
        break_long_words=max_lines is not None,
        break_on_hyphens=False,
        max_lines=max_lines,
        placeholder=" …",
    )
    return [_harmless(line) for line in lines]


def _harmless(line: str) -> str:
    """Keep a line of text from being a command to the CI runner that prints it."""
    return _CI_COMMAND.sub(
        lambda found: (found[1] or "") + ("\\x23" if found[0] == "#" else "\\x3a"), line
    )


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
