"""Findings of a whole test run, within bounds that do not depend on its length."""

from __future__ import annotations

from collections import Counter

from async_db.findings import Finding

MAX_FINDINGS = 10_000
MAX_ALIKE = 50  # findings of one rule and place; more tell nothing new


class KeptFindings:
    """Keeps the first findings, and of each rule and place a few."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self._alike: Counter[tuple[str, str, int]] = Counter()

    def add(self, finding: Finding) -> None:
        alike = (finding.rule, finding.path, finding.line)
        self._alike[alike] += 1
        if self._alike[alike] <= MAX_ALIKE and len(self.findings) < MAX_FINDINGS:
            self.findings.append(finding)
