"""Findings that a comment in the target takes on: `# async-db: ignore[topic/slug] reason`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from async_db.findings import Finding
from async_db.target import Project

_COMMENT = re.compile(
    r"#\s*async-db:\s*ignore\[(?P<rules>[a-z0-9/,\s-]+)\](?P<reason>.*)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Suppression:
    """One comment.

    Parameters:
        path: the file.
        line: of the comment, counted from 1.
        covers: the lines that it speaks of: its own, and the next one if it stands alone.
        rules: the names of the rules.
        reason: what it says, empty if it says nothing.
    """

    path: str
    line: int
    covers: frozenset[int]
    rules: frozenset[str]
    reason: str


def find_suppressions(project: Project) -> list[Suppression]:
    """Give the comments of a project, in the order of its files."""
    found = []
    for module in project.modules:
        if "async-db:" not in module.text:
            continue
        for number, line in enumerate(module.lines, start=1):
            comment = _COMMENT.search(line)
            if comment is not None:
                alone = not line[: comment.start()].strip()
                rules = frozenset(each.strip() for each in comment["rules"].split(","))
                covers = frozenset({number, number + 1} if alone else {number})
                reason = comment["reason"].strip()
                found.append(Suppression(module.path, number, covers, rules, reason))
    return found


def suppress(
    findings: Iterable[Finding], suppressions: Iterable[Suppression]
) -> tuple[list[Finding], list[str]]:
    """Leave out what is taken on.

    Parameters:
        findings: what was found, of all rules.
        suppressions: the comments.

    Returns:
        The findings that stay, and a line for each comment that suppresses nothing or gives no
        reason.
    """
    every = list(suppressions)
    used: set[tuple[Suppression, str]] = set()
    kept = []
    for finding in findings:
        matching = [
            each
            for each in every
            if each.path == finding.path
            and finding.line in each.covers
            and finding.rule in each.rules
        ]
        used.update((each, finding.rule) for each in matching)
        if not matching:
            kept.append(finding)
    remarks = [
        f"{each.path}:{each.line}: ignore[{rule}] suppresses nothing"
        for each in every
        for rule in sorted(each.rules)
        if (each, rule) not in used
    ]
    remarks += [
        f"{each.path}:{each.line}: ignore[...] gives no reason" for each in every if not each.reason
    ]
    return kept, remarks
