"""Findings of a whole run, within bounds that do not depend on its length."""

from __future__ import annotations

from collections import Counter

from ..findings import Finding

MAX_FINDINGS = 10_000
MAX_ALIKE = 50  # findings of one rule, place and route; more tell nothing new


class KeptFindings:
    """Keeps the first findings, and of each rule, place and route a few.

    Parameters:
        most_alike: how many of one rule, place and route.
        most: how many in all.
    """

    def __init__(self, most_alike: int = MAX_ALIKE, most: int = MAX_FINDINGS) -> None:
        self._most_alike, self._most = most_alike, most
        self.findings: list[Finding] = []
        self.alike = 0
        """How many were left out of which enough alike are kept."""
        self.over = 0
        """How many were left out because enough are kept in all."""
        self._alike: Counter[tuple[str, str, int, str]] = Counter()

    def add(self, finding: Finding) -> bool:
        """Keep a finding, if there is room, and say whether it is kept."""
        alike = (finding.rule, finding.path, finding.line, finding.route)
        if self._alike[alike] >= self._most_alike:
            self.alike += 1
        elif len(self.findings) >= self._most:
            self.over += 1
        else:
            self._alike[alike] += 1
            self.findings.append(finding)
            return True
        return False
