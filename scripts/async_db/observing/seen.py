"""What was seen in one process, as text for another, and what has to be said of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from ..findings import Finding, Notice, visible
from ..traces import Coverage

NOT_JUDGED = (
    "session/commit-before-response, session/roll-back-on-any-error, session/one-per-request, "
    "session/no-async-for-sessions"
)
MOST_ROUTES_TOLD = 5


@dataclass(slots=True)
class Seen:
    """What was seen.

    Parameters:
        findings: in the order in which they were found.
        coverage: how much was looked at; none if nothing could be.
        problems: why less was than should have been, beside what `coverage` says.
        remarks: what was not to be judged.
        sampled: how many requests of each route were served, and how many of them watched, where
            not all of them need be.
    """

    findings: list[Finding] = field(default_factory=list)
    coverage: Coverage | None = None
    problems: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    sampled: dict[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def requests(self) -> int:
        return self.coverage.requests if self.coverage else 0

    def add(self, other: Seen) -> None:
        """Take over what another process has seen."""
        self.findings += other.findings
        self.problems += other.problems
        self.remarks += other.remarks
        for route, (served, watched) in other.sampled.items():
            self.note_sampled(route, served, watched)
        if self.coverage and other.coverage:
            self.coverage += other.coverage
        else:
            self.coverage = self.coverage or other.coverage

    def note_sampled(self, route: str, served: int, watched: int) -> None:
        """Add how many requests of a route a process has served, and how many of them it watched."""
        before = self.sampled.get(route, (0, 0))
        self.sampled[route] = (before[0] + served, before[1] + watched)

    def as_text(self) -> str:
        # As text, for execnet takes integers of 32 bits only.
        return json.dumps(asdict(self))

    @classmethod
    def from_text(cls, text: str) -> Seen:
        fields: dict[str, Any] = json.loads(text)
        counts = fields["coverage"]
        return cls(
            [_finding(each) for each in fields["findings"]],
            counts and Coverage(**{**counts, "problems": tuple(counts["problems"])}),
            fields["problems"],
            fields["remarks"],
            {route: (served, watched) for route, (served, watched) in fields["sampled"].items()},
        )

    def notices(self) -> Iterator[Notice]:
        """Say what of the run could not be judged, and how much of it."""
        coverage = self.coverage
        problems = (*self.problems, *(coverage.problems if coverage else ()))
        for problem in dict.fromkeys(problems):
            yield Notice(f"observe {visible(problem)}", "error")
        for remark in dict.fromkeys(self.remarks):
            yield Notice(visible(remark))
        if coverage is None:
            return
        sampled = {name: (of, n) for name, (of, n) in self.sampled.items() if n < of}
        if sampled:
            yield Notice(visible(_sampled(sampled)))
        for text in _nothing_seen(coverage):
            yield Notice(text, "error")
        if coverage.too_long:
            yield Notice(
                f"In {_of(coverage.too_long, coverage)} more happened than is kept: the rest of it "
                "was not looked at.",
                "error",
            )
        if coverage.with_tests_sessions:
            yield Notice(
                f"{_of(coverage.with_tests_sessions, coverage)} used a session that the tests made: "
                f"where it is opened, committed and closed by them was not judged ({NOT_JUDGED}). "
                "What the service's own lines did with it was."
            )
        if coverage.unended:
            yield Notice(f"{_of(coverage.unended, coverage)} had not ended: they were not judged.")
        if coverage.alike:
            yield Notice(
                f"{coverage.alike} more findings are like others of their place and route: their "
                "requests are counted, and what happened in them and their tests are left out."
            )
        if coverage.over:
            yield Notice(
                f"{coverage.over} more findings are left out: there are too many.", "error"
            )


def _nothing_seen(coverage: Coverage) -> Iterator[str]:
    if not coverage.requests:
        yield (
            "No request was watched: none was sent to a Starlette or FastAPI application in this "
            "process."
        )
    elif not coverage.with_database:
        yield (
            "No request used SQLAlchemy in this process: of what the service does to its database "
            "nothing was seen."
        )


def _sampled(routes: Mapping[str, tuple[int, int]]) -> str:
    """Say how many requests of each route were watched; of many routes, of the busiest."""
    busiest = sorted(routes.items(), key=lambda each: (-each[1][0], each[0]))
    told = [
        f"{watched:,} of {served:,} requests of {route}"
        for route, (served, watched) in busiest[:MOST_ROUTES_TOLD]
    ]
    others = [counts for _, counts in busiest[MOST_ROUTES_TOLD:]]
    if others:
        served, watched = (sum(each) for each in zip(*others, strict=True))
        told.append(f"{watched:,} of {served:,} requests of {len(others)} more routes")
    return (
        f"Watched {', '.join(told)}: of each process and route the first ones, then one of several, "
        "for what watching costs; --every-request watches all."
    )


def _of(count: int, coverage: Coverage) -> str:
    return f"{count} of {coverage.requests} requests"


def _finding(fields: Mapping[str, Any]) -> Finding:
    return Finding(**{**fields, "evidence": tuple(fields["evidence"])})
