"""The releases that rules are tried on, and what is installed of them.

Each set of releases differs from the newest ones in one project alone, so that what goes another
way there has one cause.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from async_db.rules import Comparator, Requirement


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
    ReleaseSet("FastAPI", "0.121.1"),  # the first whose Depends(scope=) holds in all places
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


def within(window: Sequence[Requirement], installed: Mapping[str, str]) -> bool:
    """Say whether releases are inside a window; what is not installed is."""
    return all(
        part.holds(installed[part.distribution])
        for part in window
        if part.distribution in installed
    )
