"""Findings of a whole test run, within bounds that do not depend on its length."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from ..findings import Finding

MAX_FINDINGS = 10_000
MAX_ALIKE = 50  # findings of one rule, place and route; more tell nothing new


class KeptFindings:
    """Keeps the first findings, and of each rule, place and route a few; requests are all counted."""

    def __init__(self) -> None:
        self.alike = 0
        """How many were left out of which `MAX_ALIKE` are kept."""
        self.over = 0
        """How many were left out because `MAX_FINDINGS` are kept."""
        self._kept: list[Finding] = []
        self._alike: Counter[tuple[str, str, int, str]] = Counter()
        self._requests: Counter[tuple[str, str, int, str]] = Counter()  # of those left out

    @property
    def findings(self) -> list[Finding]:
        return [*self._counted()]

    def add(self, finding: Finding) -> None:
        alike = _alike(finding)
        if self._alike[alike] >= MAX_ALIKE:
            self.alike += 1
            self._requests[alike] += finding.requests
        elif len(self._kept) >= MAX_FINDINGS:
            self.over += 1
        else:
            self._alike[alike] += 1
            self._kept.append(finding)

    def _counted(self) -> Iterator[Finding]:
        """Give what is kept, the first of several alike with the requests of those left out."""
        left_out = dict(self._requests)
        for finding in self._kept:
            more = left_out.pop(_alike(finding), 0)
            yield replace(finding, requests=finding.requests + more) if more else finding


def _alike(finding: Finding) -> tuple[str, str, int, str]:
    return finding.rule, finding.path, finding.line, finding.route
