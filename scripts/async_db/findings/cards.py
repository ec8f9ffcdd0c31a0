"""Cards: all that was found at one place against one rule, told once. Standard library only."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .finding import GRADES, Finding, Grade
from .fingerprints import fingerprint
from .merging import sort_key

_NUMBER = re.compile(r"(?<![\w.,/-])[0-9]+(?:\.[0-9]+)?(?![\w/-])")
_FEW = 3  # different numbers are listed; more are a range
_MOST_ROUTES = 4
_MOST_TESTS = 2


@dataclass(frozen=True, slots=True)
class Case:
    """What was found at a place on one route.

    Parameters:
        grade: how sure it is.
        message: what is wrong, in one sentence.
        advice: what to do, in one sentence.
        route: the route that was served, if any.
        requests: how many requests showed it.
        tests: the tests that met it, by name.
        evidence: what happened in the first of them, in order, a line each.
    """

    grade: Grade
    message: str
    advice: str
    route: str
    requests: int
    tests: tuple[str, ...]
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Card:
    """All that was found at one place against one rule.

    Parameters:
        rule: the rule's name.
        grade: how sure the surest of its cases is.
        path: the file.
        line: the line.
        code: the line itself, if it could be read.
        function: the function around it, if any.
        fingerprint: what the place is recognised by when lines have moved.
        cases: what was found, the surest and the most frequent first.
    """

    rule: str
    grade: Grade
    path: str
    line: int
    code: str
    function: str
    fingerprint: str
    cases: tuple[Case, ...]

    @property
    def place(self) -> str:
        return f"{self.path}:{self.line}"

    @property
    def advice(self) -> str:
        return self.cases[0].advice

    @property
    def requests(self) -> int:
        return sum(case.requests for case in self.cases)

    @property
    def routes(self) -> tuple[str, ...]:
        """The routes on which it was seen, those with the most requests first."""
        counts: dict[str, int] = defaultdict(int)
        for case in self.cases:
            if case.route:
                counts[case.route] += case.requests
        return tuple(sorted(counts, key=lambda route: (-counts[route], route)))

    @property
    def tests(self) -> tuple[str, ...]:
        return tuple(sorted({test for case in self.cases for test in case.tests}))

    @property
    def messages(self) -> tuple[str, ...]:
        """What is wrong; what differs in the route and in numbers alone is one."""
        alike: dict[str, list[Case]] = defaultdict(list)
        for case in self.cases:
            alike[_NUMBER.sub("\0", _without_route(case))].append(case)
        return tuple(_in_one(cases) for cases in alike.values())


def cards(findings: Iterable[Finding]) -> list[Card]:
    """Fold findings into one card for each rule and place.

    Parameters:
        findings: in any order, which does not change the result.

    Returns:
        The surest first, then by rule, and of each rule what most requests have shown.
    """
    places: dict[tuple[object, ...], list[Finding]] = defaultdict(list)
    for finding in sorted(findings, key=sort_key):
        places[finding.rule, finding.path, finding.line].append(finding)
    return sorted(map(_card, places.values()), key=_in_order)


def _in_order(card: Card) -> tuple[object, ...]:
    return GRADES.index(card.grade), card.rule, -card.requests, card.path, card.line


def _card(findings: Sequence[Finding]) -> Card:
    told: dict[tuple[object, ...], list[Finding]] = defaultdict(list)
    for each in findings:
        told[each.grade, each.message, each.route].append(each)
    cases = sorted(
        (
            Case(
                grade=first.grade,
                message=first.message,
                advice=first.advice,
                route=first.route,
                requests=sum(each.requests for each in alike),
                tests=tuple(sorted({each.test for each in alike if each.test})),
                evidence=first.evidence,
            )
            for alike in told.values()
            for first in alike[:1]
        ),
        key=lambda case: (GRADES.index(case.grade), -case.requests, case.message, case.route),
    )
    first = findings[0]
    return Card(
        first.rule,
        cases[0].grade,
        first.path,
        first.line,
        first.code,
        first.function,
        fingerprint(first),
        tuple(cases),
    )


def _without_route(case: Case) -> str:
    if not case.route:
        return case.message
    route = rf"(?<!\S){re.escape(case.route)}(?![^\s,;:.])"
    return re.sub(route, "a request", case.message)


def _in_one(cases: Sequence[Case]) -> str:
    """Tell in one message what differs in the route and in numbers alone."""
    messages = [_without_route(case) for case in cases]
    columns = zip(*map(_NUMBER.findall, messages), strict=True)
    numbers = iter([_spread(column) for column in columns])
    return _NUMBER.sub(lambda _: next(numbers), messages[0])


def _spread(numbers: Iterable[str]) -> str:
    different = sorted(set(numbers), key=lambda each: (len(each.partition(".")[0]), each))
    if len(different) <= _FEW:
        return "/".join(different)
    return f"{different[0]} to {different[-1]}"


def seen_on(card: Card) -> str:
    """Say how many requests showed something, and on which routes; nothing if none did."""
    if not card.routes:
        return ""
    routes = card.routes
    on = "" if len(routes) == 1 else f" {len(routes)} routes:"
    return f"{counted(card.requests, 'request')} on{on} {_some(routes, _MOST_ROUTES)}"


def seen_in(card: Card) -> str:
    """Say in which tests something was seen; nothing if in none."""
    return f"seen in {_some([*map(_short, card.tests)], _MOST_TESTS)}" if card.tests else ""


def _short(test: str) -> str:
    """Name a test without the folders that its file is in."""
    path, colons, name = test.partition("::")
    return f"{path.rpartition('/')[2]}{colons}{name}"


def _some(names: Sequence[str], most: int) -> str:
    more = len(names) - most
    return ", ".join(names[:most]) + (f" (+{more})" if more > 0 else "")


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
