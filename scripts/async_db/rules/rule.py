"""A rule, as its text in `references/topic.md` states it. Standard library only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from .windows import Requirement

DATABASES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
"""The databases' names, in options and evidence on the left, in texts on the right."""


@dataclass(frozen=True)
class StatedOutcome:
    """What the text says happens when the rule is broken, on one database or on all of them."""

    text: str
    database: str | None


@dataclass(frozen=True)
class CodeBlock:
    """A fenced block of a rule; `source` is the path in its info string, `line` is its fence."""

    language: str
    source: str | None
    text: str
    line: int


@dataclass(frozen=True)
class Link:
    """A link from a rule's text, as it is written there."""

    label: str
    target: str


@dataclass(frozen=True)
class Rule:
    """One rule, as its text states it."""

    topic: str
    slug: str
    claim: str
    window: tuple[Requirement, ...]
    databases: tuple[str, ...]
    outcomes: tuple[StatedOutcome, ...]
    caught_by: tuple[Link, ...]
    observed: bool
    """Whether `observe` reports the counterexample when it watches the proof run under it."""
    code: tuple[CodeBlock, ...]
    path: Path
    line: int
    options: Mapping[str, str] = field(default_factory=dict, hash=False)
    """What its scaffold is rendered with, where that is not the default."""
    every_wiring: bool = False
    """Whether it is proved on the scaffold of each wiring; it is refuted on the default one."""

    @property
    def name(self) -> str:
        """`topic/slug`, which is the address of the rule's text and of all that belongs to it."""
        return f"{self.topic}/{self.slug}"

    @property
    def proof(self) -> PurePosixPath:
        """The file of the rule's proof, from the root of the pack."""
        return PurePosixPath("tests/proofs", self.topic, f"test_{self.slug.replace('-', '_')}.py")

    @property
    def counterexample(self) -> PurePosixPath:
        """The file of the rule's counterexample, from the root of the pack."""
        return PurePosixPath("tests/counterexamples", self.topic, f"{self.slug}.patch")

    def outcomes_on(self, database: str) -> tuple[str, ...]:
        """Give the texts stated for `database`, a key of `DATABASES`, in their order."""
        return tuple(
            outcome.text for outcome in self.outcomes if outcome.database in (None, database)
        )
