"""Which findings are the same, and in what order they are told. Standard library only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from .finding import GRADES, Finding


@dataclass(frozen=True, slots=True)
class MergedFinding:
    """A finding that is told once, however many tests met it.

    Parameters:
        finding: what was found, with the name and the evidence of the first test by name.
        tests: how many tests met it; 0 when it was found without running any.
    """

    finding: Finding
    tests: int


def merged(findings: Iterable[Finding]) -> list[MergedFinding]:
    """Put together what differs in nothing but the test, its evidence and the advice.

    Parameters:
        findings: in any order, which does not change the result.

    Returns:
        One for each rule, grade, path, line, message and route: by rule, the surest first, and
        then by place.
    """
    groups: dict[tuple[object, ...], list[Finding]] = defaultdict(list)
    for finding in sorted(findings, key=sort_key):
        groups[sort_key(finding)[:6]].append(finding)
    return [
        MergedFinding(group[0], len({finding.test for finding in group if finding.test}))
        for group in groups.values()
    ]


def met_in(each: MergedFinding) -> str:
    """Say in which route and tests a finding was met; nothing if in none."""
    finding = each.finding
    if each.tests == 0:
        return finding.route
    several = f"{each.tests} tests, such as " if each.tests > 1 else ""
    return f"{finding.route or 'met'} in {several}{finding.test}"


def sort_key(finding: Finding) -> tuple[Any, ...]:
    """Give what findings are sorted by; the first six are what makes two of them the same."""
    return (
        finding.rule,
        GRADES.index(finding.grade),
        finding.path,
        finding.line,
        finding.message,
        finding.route,
        finding.test,
        finding.advice,
        finding.evidence,
        finding.requests,
        finding.code,
        finding.function,
        finding.nth,
    )


def place_of(finding: Finding) -> tuple[str, int]:
    return finding.path, finding.line
