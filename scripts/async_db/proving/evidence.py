"""What a verification found: as data, as JSON, and as a table that reads well in a terminal."""

import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from platform import python_version

from async_db.rules import DATABASES

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

Marks = tuple[str, str]
MARKS: Marks = ("<!-- evidence -->", "<!-- /evidence -->")
RELEASES_MARKS: Marks = ("<!-- releases -->", "<!-- /releases -->")
"""Between which a Markdown file carries the table."""

EMPTY_CELL = "–"
"""Stands where a rule claims nothing, or nothing was tried."""
_CELL_WIDTH = 60
_REASON_WIDTH = 600


class EvidenceError(Exception):
    """The evidence cannot be written where it was to go; the message is one line."""


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

    def to_table(self, databases: Sequence[str]) -> str:
        """Give a Markdown table with a column per database, and below it what went wrong.

        Args:
            databases: the keys of the databases that were asked for, in the order of columns.
        """
        header = ["rule", *(DATABASES[database] for database in databases)]
        cells = {(result.rule, result.database): _cell(result) for result in self.results}
        names = dict.fromkeys(result.rule for result in self.results)
        rows = [
            [name, *(cells.get((name, key), EMPTY_CELL) for key in databases)] for name in names
        ]
        if self.service_tests:
            tests = {tests.database: _tests_cell(tests) for tests in self.service_tests}
            rows.append(
                ["the service's own tests", *(tests.get(key, EMPTY_CELL) for key in databases)]
            )
        return pipe_table([header, *rows]) + "".join(self._details())

    def _details(self) -> list[str]:
        """Give what a cell has no room for."""
        wrong = [
            *(
                (result.rule, result.database, result.reason)
                for result in self.results
                if result.reason is not None and result.reason != _cell(result)
            ),
            *(
                ("the service's own tests", tests.database, tests.reason)
                for tests in self.service_tests
            ),
        ]
        lines = [
            f"- {name} on {DATABASES[database]}: {shortened(reason, _REASON_WIDTH)}\n"
            for name, database, reason in wrong
            if reason is not None
        ]
        return ["\n", *lines] if lines else []


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


def check_writable(path: Path) -> None:
    """Make sure, before a long run, that evidence can be written to `path`.

    Raises:
        EvidenceError: it cannot.
    """
    target = path.resolve()
    if target.exists() and not target.is_file():
        raise EvidenceError(f"{path}: not a regular file")
    try:
        with tempfile.NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}-"):
            pass
    except OSError as error:
        raise EvidenceError(f"{path}: cannot be written: {error.strerror}") from error


def with_table(text: str, table: str, marks: Marks = MARKS) -> str:
    """Give a Markdown text with the table between its two marks replaced.

    Raises:
        EvidenceError: the text does not have the marks, each once and in their order.
    """
    begin, end = marks
    before, found, rest = text.partition(begin)
    _, also_found, after = rest.partition(end)
    if not found or not also_found or begin in after or end in before + after:
        raise EvidenceError(f"no place for the table: it goes between {begin} and {end}")
    return f"{before}{begin}\n{table}{end}{after}"


def write_text(text: str, path: Path) -> None:
    """Write a text; whoever reads `path` sees the old file or the new one, whole.

    Raises:
        EvidenceError: it cannot be written; nothing has changed.
    """
    target = path.resolve()
    try:
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}-")
    except OSError as error:
        raise EvidenceError(f"{path}: cannot be written: {error.strerror}") from error
    try:
        with open(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        Path(name).chmod(0o666 & ~_umask())
        Path(name).replace(target)
    except OSError as error:
        raise EvidenceError(f"{path}: cannot be written: {error.strerror}") from error
    finally:
        Path(name).unlink(missing_ok=True)


def _umask() -> int:
    # There is no way to read it but to set it.
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def _without_none_reason(content: dict[str, object]) -> dict[str, object]:
    seconds = content["seconds"]
    rounded = {"seconds": round(seconds, 3)} if isinstance(seconds, float) else {}
    return {
        name: value
        for name, value in (content | rounded).items()
        if name != "reason" or value is not None
    }


def _cell(result: Result) -> str:
    if result.reason is None:
        return "proved, refuted, observed" if result.observed else "proved, refuted"
    return shortened(result.reason, _CELL_WIDTH)


def _tests_cell(tests: ServiceTests) -> str:
    if not tests.passed and not tests.failed and tests.reason:
        return shortened(tests.reason, _CELL_WIDTH)
    counts = {"passed": tests.passed, "failed": tests.failed, "skipped": tests.skipped}
    return ", ".join(f"{count} {word}" for word, count in counts.items() if count)


def shortened(text: str, width: int) -> str:
    """Give a text as one line of at most `width` characters."""
    line = " ".join(text.split())
    return line if len(line) <= width else line[: width - 1].rstrip() + "…"


def pipe_table(rows: Sequence[Sequence[str]]) -> str:
    """Give rows, the first of which is the header, as Markdown with columns of even width."""
    escaped = [[cell.replace("|", "\\|") for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in escaped) for column in range(len(escaped[0]))]
    rule = ["-" * width for width in widths]
    return "".join(
        "| "
        + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        + " |\n"
        for row in (escaped[0], rule, *escaped[1:])
    )
