"""What a verification found, as data and as JSON."""

import json
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib import metadata
from platform import python_version

SCHEMA_VERSION = 1

# The distributions whose releases decide what the evidence is evidence of.
DISTRIBUTIONS = (
    "fastapi",
    "starlette",
    "sqlalchemy",
    "asyncpg",
    "aiosqlite",
    "pydantic",
    "httpx",
    "pytest",
    "pytest-asyncio",
    "uvicorn",
)

_RARE_FIELDS = frozenset({"reason", "refuted_on", "not_run"})


@dataclass(frozen=True)
class Result:
    """What became of one rule on one wiring and database; None stands for what was not tried."""

    rule: str
    wiring: str
    database: str
    proved: bool | None
    refuted: bool | None
    outcome: str | None
    """The stated outcomes that were seen under the counterexample."""
    seconds: float
    reason: str | None = None
    """What went wrong; None when the rule is both proved and refuted, or was not run."""
    observed: bool | None = None
    """Whether `observe` reported the counterexample; None where it was not tried."""
    audited: bool | None = None
    """Whether `audit` finds the counterexample in the source; None where it was not asked."""
    refuted_on: str | None = None
    """The wiring that the counterexample is for, where that is another one."""
    not_run: str | None = None
    """Which program this machine lacks for it, with the line that installs it; else None."""

    @property
    def good(self) -> bool:
        refuted = self.refuted is True or self.refuted_on is not None
        return self.proved is True and refuted and self.reason is None


@dataclass(frozen=True)
class ServiceTests:
    """How the service's own tests went on one wiring and database."""

    wiring: str
    database: str
    passed: int
    failed: int
    skipped: int
    seconds: float
    reason: str | None = None
    """Which test failed, or why they could not be run; None when all is well."""

    @property
    def good(self) -> bool:
        return self.reason is None


@dataclass(frozen=True)
class Evidence:
    """All that one verification found, and the releases that it holds for."""

    releases: Mapping[str, str]
    results: tuple[Result, ...]
    service_tests: tuple[ServiceTests, ...]

    @property
    def not_run(self) -> tuple[Result, ...]:
        """What could not be run here, because a program is missing."""
        return tuple(result for result in self.results if result.not_run)

    @property
    def good(self) -> bool:
        """Say whether all that was run is as stated: each rule proved and refuted, and every test
        of the service passed. Where nothing was run, nothing is good."""
        run = [result for result in self.results if not result.not_run]
        rules_good = bool(run) and all(result.good for result in run)
        return rules_good and all(tests.good for tests in self.service_tests)

    @property
    def complete(self) -> bool:
        """Say whether everything could be run."""
        return not self.not_run

    def summary_of_not_run(self) -> list[str]:
        """Give a line for each program that is missing: how much was not run, and the remedy."""
        missing = Counter(result.not_run for result in self.not_run)
        return [
            f"not run: {number} of {len(self.results)} trials: {reason}"
            for reason, number in missing.items()
        ]

    def to_json(self) -> str:
        """Give the evidence as indented JSON with a final newline."""
        content = {
            "schema_version": SCHEMA_VERSION,
            "releases": dict(self.releases),
            "complete": self.complete,
            "results": [_content(asdict(result)) for result in self.results],
            "service_tests": [_content(asdict(tests)) for tests in self.service_tests],
        }
        return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def installed_releases(postgresql: str | None) -> dict[str, str]:
    """Read the releases that a verification here is about, by name.

    Args:
        postgresql: the server's release, or None when there is no server.
    """
    releases = {}
    for name in DISTRIBUTIONS:
        with suppress(metadata.PackageNotFoundError):
            releases[name] = metadata.version(name)
    releases["python"] = python_version()
    if postgresql is not None:
        releases["postgresql"] = postgresql
    return releases


def _content(fields: Mapping[str, object]) -> dict[str, object]:
    """Round the seconds, and leave out what is only there when something is the matter."""
    content = {
        name: value
        for name, value in fields.items()
        if value is not None or name not in _RARE_FIELDS
    }
    seconds = content["seconds"]
    return content | ({"seconds": round(seconds, 3)} if isinstance(seconds, float) else {})
