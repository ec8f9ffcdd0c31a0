"""What a verification found, as data and as JSON."""

import json
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


@dataclass(frozen=True)
class Result:
    """What became of one rule on one database; None stands for what was not tried."""

    rule: str
    wiring: str
    database: str
    proved: bool | None
    refuted: bool | None
    outcome: str | None
    """The stated outcomes that were seen under the counterexample."""
    seconds: float
    reason: str | None = None
    """What went wrong; None when the rule is both proved and refuted."""
    observed: bool | None = None
    """Whether `observe` reported the counterexample; None where it was not tried."""

    @property
    def good(self) -> bool:
        return self.proved is True and self.refuted is True and self.reason is None


@dataclass(frozen=True)
class ServiceTests:
    """How the service's own tests went on one database."""

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
    def good(self) -> bool:
        """Say whether every rule was proved and refuted, and every test of the service passed."""
        rules_good = bool(self.results) and all(result.good for result in self.results)
        return rules_good and all(tests.good for tests in self.service_tests)

    def to_json(self) -> str:
        """Give the evidence as indented JSON with a final newline."""
        content = {
            "schema_version": SCHEMA_VERSION,
            "releases": dict(self.releases),
            "results": [_without_none_reason(asdict(result)) for result in self.results],
            "service_tests": [_without_none_reason(asdict(tests)) for tests in self.service_tests],
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


def _without_none_reason(content: dict[str, object]) -> dict[str, object]:
    seconds = content["seconds"]
    rounded = {"seconds": round(seconds, 3)} if isinstance(seconds, float) else {}
    return {
        name: value
        for name, value in (content | rounded).items()
        if name != "reason" or value is not None
    }
