"""Whether what a set of releases shows is what the rules' windows say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from async_db.proving.evidence.results import Result, ServiceTests
from async_db.proving.releases.commit_order import CommitOrder
from async_db.proving.releases.sets import ReleaseSet, within
from async_db.rules import Requirement, Rule


def concerned(rules: Sequence[Rule], needs: Sequence[Requirement]) -> tuple[Rule, ...]:
    """Choose the rules to try: all of them, or, where the service lacks what it needs, those that
    speak of just that."""
    lacking = {need.distribution for need in needs}
    return tuple(
        rule for rule in rules if not needs or lacking & {part.distribution for part in rule.window}
    )


Says = Literal["applies", "does not apply", "cannot run", "not run", "disagrees"]


@dataclass(frozen=True)
class Verdict:
    """What one set of releases shows of one rule."""

    rule: str
    inside: bool
    """Whether the installed releases are inside the rule's window."""
    says: Says
    reason: str | None = None
    """Why it is not "applies"."""


def judge(
    rule: Rule,
    installed: Mapping[str, str],
    needs: Sequence[Requirement],
    results: Sequence[Result],
) -> Verdict | None:
    """Compare a rule's window with what a set of releases showed.

    Args:
        rule: which.
        installed: the set's releases by normalised name.
        needs: what the service needs and does not have there.
        results: what became of this rule there, on each database.

    Returns:
        The verdict, or None if the rule does not concern any database that was tried.
    """
    inside = within(rule.window, installed)
    if needs and (inside or not concerned((rule,), needs)):
        return Verdict(rule.name, inside, "cannot run", f"the service needs {_spoken(needs)}")
    if not results:
        return None
    lacking = next((result.not_run for result in results if result.not_run), None)
    results = [result for result in results if not result.not_run]
    if not results:
        return Verdict(rule.name, inside, "not run", lacking)
    if inside:
        wrong = next((result for result in results if not result.good), None)
        if wrong is None:
            return Verdict(rule.name, inside, "applies")
        return Verdict(rule.name, inside, "disagrees", f"inside its window, {_told(wrong)}")
    # What was not tried, or what only `observe` saw otherwise, shows nothing of a window; neither
    # does a proof alone, where its counterexample is for another wiring.
    refutable = [result for result in results if result.refuted_on is None] or results
    other = next(
        (result for result in refutable if False not in (result.proved, result.refuted)), None
    )
    if other is None:
        return Verdict(rule.name, inside, "does not apply", _told(results[0]))
    what = "but proved and refuted" if other.refuted else "and not tried"
    return Verdict(rule.name, inside, "disagrees", f"outside its window, {what} {_told(other)}")


def _spoken(requirements: Sequence[Requirement]) -> str:
    return "; ".join(map(str, requirements))


def _told(result: Result) -> str:
    return f"on {result.database}" + (f": {result.reason}" if result.reason else "")


@dataclass(frozen=True)
class Tried:
    """All that one set of releases showed."""

    releases: ReleaseSet
    installed: Mapping[str, str]
    """The releases that evidence names."""
    needs: tuple[Requirement, ...]
    verdicts: tuple[Verdict, ...]
    results: tuple[Result, ...]
    service_tests: tuple[ServiceTests, ...]
    order: CommitOrder | None
    seconds: float

    @property
    def agrees(self) -> bool:
        rules = all(verdict.says != "disagrees" for verdict in self.verdicts)
        tests = all(tests.good for tests in self.service_tests)
        return rules and tests and (self.order is None or self.order.agrees)


def not_shown(rules: Sequence[Rule], tried: Sequence[Tried]) -> list[str]:
    """Name each rule that no set of releases shows to apply, and each edge seen from one side."""
    lines = []
    for rule in rules:
        seen = [
            (part.installed, verdict)
            for part in tried
            for verdict in part.verdicts
            if verdict.rule == rule.name
        ]
        if not seen or any(verdict.says in ("disagrees", "not run") for _, verdict in seen):
            continue  # nothing was asked, or more is told already
        if all(verdict.says != "applies" for _, verdict in seen):
            lines.append(f"{rule.name}: no set of releases shows that it applies")
        outside = [known for known, verdict in seen if verdict.says == "does not apply"]
        lines += [
            f"{rule.name}: no set of releases shows that it ends at {part.project} {bound}"
            for part in rule.window
            for bound in part.comparators
            if all(within((Requirement(part.project, (bound,)),), known) for known in outside)
        ]
    return lines
