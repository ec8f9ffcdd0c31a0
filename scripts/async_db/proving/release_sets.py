"""The releases that rules are tried on, and whether what is seen there is what windows say.

Each set of releases differs from the newest ones in one project alone, so that what goes another
way there has one cause.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from async_db.proving.evidence import Result, ServiceTests
from async_db.rules import Comparator, Requirement, Rule

ORDER_RULE = "session/commit-before-response"
"""The rule whose text says which release of FastAPI commits when."""


@dataclass(frozen=True)
class ReleaseSet:
    """Releases to install: the newest, but for one project, and SQLAlchemy's newest series."""

    project: str | None = None
    version: str = ""
    """As a version specifier has it behind `==`."""

    @property
    def name(self) -> str:
        return f"{self.project} {self.version}" if self.project else "latest"

    @property
    def folder(self) -> str:
        """The name of its environment's folder."""
        return re.sub(r"[^\w.]+", "-", self.name.lower()).strip(".-")

    @property
    def pins(self) -> dict[str, str]:
        """The versions that are asked for, by normalised name of the project."""
        pins = {"sqlalchemy": "2.1.*"}
        if self.project:
            pins[Requirement(self.project, ()).distribution] = self.version
        return pins


RELEASE_SETS = (
    # Each side of each edge that a window names, as close to it as matters. FastAPI has two more
    # edges, which no window names but the table of commit orders does.
    ReleaseSet("FastAPI", "0.105.*"),
    ReleaseSet("FastAPI", "0.115.*"),
    ReleaseSet("FastAPI", "0.118.0"),  # the first that commits after the response again
    ReleaseSet("FastAPI", "0.121.0"),  # the first with Depends(scope=)
    ReleaseSet("SQLAlchemy", "2.0.*"),
    ReleaseSet("asyncpg", "0.30.*"),
    ReleaseSet("httpx", "0.27.*"),
    ReleaseSet("pytest-asyncio", "0.25.*"),
    ReleaseSet("pytest-asyncio", "0.26.*"),
    ReleaseSet(),
)

_DEPENDENCY = re.compile(
    r"(?P<project>[A-Za-z0-9][\w.-]*)\s*(?P<extras>\[[^\]]*\])?(?P<bounds>[^;]*)(?P<marker>;.*)?"
)
# The releases before those that take a scope which commit before the response.
_COMMITS_IN_TIME = Requirement("FastAPI", (Comparator(">=", "0.106"), Comparator("<", "0.118")))

_COMPARATORS = re.compile(r"(>=|<=|==|!=|>|<)\s*(\d+(?:\.\d+)*)")
_ORDER_ROW = re.compile(
    r"\|(?P<window>[^|]*[<>=][^|]*)\|\s*(?P<order>commit, then response|response, then commit)\s*\|"
)


def pinned(dependencies: Iterable[str], pins: Mapping[str, str]) -> list[str]:
    """Give a project's dependencies with the pinned ones at their versions instead of their own."""
    return [_pinned(dependency, pins) for dependency in dependencies]


def _pinned(dependency: str, pins: Mapping[str, str]) -> str:
    parts = _parts(dependency)
    version = pins.get(_requirement(dependency).distribution)
    if version is None:
        return dependency
    return f"{parts['project']}{parts['extras'] or ''}=={version}{parts['marker'] or ''}"


def _requirement(dependency: str) -> Requirement:
    parts = _parts(dependency)
    return Requirement(parts["project"], comparators_in(parts["bounds"]))


def _parts(dependency: str) -> re.Match[str]:
    found = _DEPENDENCY.fullmatch(dependency.strip())
    if found is None:
        raise ValueError(f"not a dependency: {dependency!r}")
    return found


def comparators_in(text: str) -> tuple[Comparator, ...]:
    """Read the bounds of a text such as `>=0.118, <0.121`."""
    return tuple(Comparator(*found) for found in _COMPARATORS.findall(text))


def unmet(dependencies: Iterable[str], installed: Mapping[str, str]) -> tuple[Requirement, ...]:
    """Give the dependencies that installed releases, by normalised name, do not satisfy."""
    return tuple(
        requirement
        for requirement in map(_requirement, dependencies)
        if requirement.distribution in installed
        and requirement.distribution not in scaffold_options(installed)
        and not requirement.holds(installed[requirement.distribution])
    )


def scaffold_options(installed: Mapping[str, str]) -> dict[str, str]:
    """Give the options, named by project, that the scaffold takes for installed releases."""
    older = _COMMITS_IN_TIME.holds(installed[_COMMITS_IN_TIME.distribution])
    return {_COMMITS_IN_TIME.distribution: "0.106"} if older else {}


def for_scaffold(patch: str, options: Mapping[str, str]) -> str:
    """Give a counterexample as it is for the scaffold of these options."""
    return patch.replace(', scope="function"', "") if options.get("fastapi") == "0.106" else patch


def concerned(rules: Sequence[Rule], needs: Sequence[Requirement]) -> tuple[Rule, ...]:
    """Choose the rules to try: all of them, or, where the service lacks what it needs, those that
    speak of just that."""
    lacking = {need.distribution for need in needs}
    return tuple(
        rule for rule in rules if not needs or lacking & {part.distribution for part in rule.window}
    )


Says = Literal["applies", "does not apply", "cannot run", "disagrees"]


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
    if inside:
        wrong = next((result for result in results if not result.good), None)
        if wrong is None:
            return Verdict(rule.name, inside, "applies")
        return Verdict(rule.name, inside, "disagrees", f"inside its window, {_told(wrong)}")
    # What was not tried, or what only `observe` saw otherwise, shows nothing of a window.
    other = next(
        (result for result in results if False not in (result.proved, result.refuted)), None
    )
    if other is None:
        return Verdict(rule.name, inside, "does not apply", _told(results[0]))
    what = "but proved and refuted" if other.refuted else "and not tried"
    return Verdict(rule.name, inside, "disagrees", f"outside its window, {what} {_told(other)}")


def within(window: Sequence[Requirement], installed: Mapping[str, str]) -> bool:
    """Say whether releases are inside a window; what is not installed is."""
    return all(
        part.holds(installed[part.distribution])
        for part in window
        if part.distribution in installed
    )


def _spoken(requirements: Sequence[Requirement]) -> str:
    return "; ".join(map(str, requirements))


def _told(result: Result) -> str:
    return f"on {result.database}" + (f": {result.reason}" if result.reason else "")


@dataclass(frozen=True)
class CommitOrder:
    """When an installed FastAPI commits, what the text says of it, and whether that is the same."""

    default: str
    function: str | None
    """None where there is no such scope."""
    stated: str | None
    """What the text's table says of the default scope; None where it has no row for the release."""
    scoped: bool
    """Whether the text says that the function scope is there."""

    @property
    def agrees(self) -> bool:
        function = "commit, then response" if self.scoped else None
        return self.default == self.stated and self.function == function


def stated_orders(text: str) -> tuple[tuple[Requirement, str], ...]:
    """Read the table of commit orders: which releases of FastAPI, and in which order they go."""
    return tuple(
        (Requirement("FastAPI", comparators_in(found["window"])), found["order"])
        for found in _ORDER_ROW.finditer(text)
    )


def judge_order(
    seen: Mapping[str, str | None], rule: Rule, text: str, installed: Mapping[str, str]
) -> CommitOrder:
    """Compare the order that was seen with the one that the rule's text states."""
    stated = [order for part, order in stated_orders(text) if part.holds(installed["fastapi"])]
    return CommitOrder(
        default=seen["default"] or "",
        function=seen["function"],
        stated=stated[0] if len(stated) == 1 else None,
        scoped=within(rule.window, installed),
    )


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
        if not seen or any(verdict.says == "disagrees" for _, verdict in seen):
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
