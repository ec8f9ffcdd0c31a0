"""Findings of a whole run, within bounds that do not depend on its length."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from ..findings import Finding

MAX_FINDINGS = 10_000
Place = tuple[str, str, int, str]
"""A rule, a path, a line and a route."""
MAX_ALIKE = 50  # findings of one rule, place and route; more tell nothing new


class KeptFindings:
    """Keeps the first findings, and of each rule, place and route a few; it counts requests of all.

    Parameters:
        most_alike: how many of one rule, place and route.
        most: how many in all.
    """

    def __init__(self, most_alike: int = MAX_ALIKE, most: int = MAX_FINDINGS) -> None:
        self._most_alike, self._most = most_alike, most
        self.alike = 0
        """How many were left out of which enough alike are kept."""
        self.over = 0
        """How many were left out because enough are kept in all."""
        self._kept: list[Finding] = []
        self._alike: Counter[Place] = Counter()
        self._requests: Counter[Place] = Counter()  # of those left out

    @property
    def findings(self) -> list[Finding]:
        """What is kept, the first of several alike with the requests of those left out."""
        left_out = dict(self._requests)
        found = []
        for each in self._kept:
            more = left_out.pop(place_of(each), 0)
            found.append(replace(each, requests=each.requests + more) if more else each)
        return found

    def left_out(self, place: Place) -> int:
        """Give how many requests have met a place beside those of the findings that are kept."""
        return self._requests[place]

    def add(self, finding: Finding) -> bool:
        """Keep a finding, if there is room, and say whether it is kept."""
        alike = place_of(finding)
        if self._alike[alike] >= self._most_alike:
            self.alike += 1
            self._requests[alike] += finding.requests
        elif len(self._kept) >= self._most:
            self.over += 1
        else:
            self._alike[alike] += 1
            self._kept.append(finding)
            return True
        return False


def place_of(finding: Finding) -> Place:
    """Give what makes a finding like another."""
    return finding.rule, finding.path, finding.line, finding.route
