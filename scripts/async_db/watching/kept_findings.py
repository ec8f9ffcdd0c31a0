"""Findings of a whole test run, within bounds that do not depend on its length."""

from __future__ import annotations

from collections import Counter

from ..findings import Finding

MAX_FINDINGS = 10_000
MAX_ALIKE = 50  # findings of one rule, place and route; more tell nothing new


class KeptFindings:
    """Keeps the first findings, and of each rule, place and route a few."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.alike = 0
        """How many were left out of which `MAX_ALIKE` are kept."""
        self.over = 0
        """How many were left out because `MAX_FINDINGS` are kept."""
        self._alike: Counter[tuple[str, str, int, str]] = Counter()

    def add(self, finding: Finding) -> None:
        alike = (finding.rule, finding.path, finding.line, finding.route)
        if self._alike[alike] >= MAX_ALIKE:
            self.alike += 1
        elif len(self.findings) >= MAX_FINDINGS:
            self.over += 1
        else:
            self._alike[alike] += 1
            self.findings.append(finding)
