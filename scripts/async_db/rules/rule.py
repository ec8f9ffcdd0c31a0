"""A rule: where its parts are, what its short text and its story state. Standard library only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from .windows import Requirement

DATABASES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
"""The databases' names, in options and evidence on the left, in texts on the right."""


@dataclass(frozen=True)
class StatedOutcome:
    """What the story says happens when the rule is broken, on one database or on all of them."""

    text: str
    database: str | None


@dataclass(frozen=True)
class CodeBlock:
    """A fenced block of a text; `source` is the path in its info string, `line` is its fence."""

    language: str
    source: str | None
    text: str
    line: int


@dataclass(frozen=True)
class Text:
    """What is said of a rule in one place.

    Attributes:
        path: the file.
        line: of the rule's heading in it.
        body: the Markdown, without the heading, the claim and the fields at the end.
        code: the blocks in it, in their order.
    """

    path: Path
    line: int
    body: str
    code: tuple[CodeBlock, ...]


@dataclass(frozen=True)
class Address:
    """`topic/slug`, which says where all that belongs to a rule is."""

    topic: str
    slug: str

    @property
    def name(self) -> str:
        return f"{self.topic}/{self.slug}"

    @property
    def story(self) -> PurePosixPath:
        """The file that tells the rule in full, from the root of the pack."""
        return PurePosixPath("tests/proofs", self.topic, f"{self.slug}.md")

    @property
    def proof(self) -> PurePosixPath:
        """The file of the rule's proof, from the root of the pack."""
        return PurePosixPath("tests/proofs", self.topic, f"test_{self.slug.replace('-', '_')}.py")

    @property
    def counterexample(self) -> PurePosixPath:
        """The file of the rule's counterexample, from the root of the pack."""
        return PurePosixPath("tests/counterexamples", self.topic, f"{self.slug}.patch")

    def counterexample_on(self, models: str) -> PurePosixPath:
        """Where it is for a scaffold with other models, if the usual one does not fit those."""
        return self.counterexample.with_name(f"{self.slug}.{models}.patch")


@dataclass(frozen=True)
class ShortText(Address):
    """A rule as `references/` tells it to those who write code: all that they need of it."""

    claim: str
    symptom: str
    """What is seen when the rule is broken, as Markdown in one line."""
    text: Text


@dataclass(frozen=True)
class Story:
    """A rule told in full, beside its proof, and the fields that the proof is held to."""

    text: Text
    window: tuple[Requirement, ...]
    databases: tuple[str, ...]
    outcomes: tuple[StatedOutcome, ...]
    observed: bool
    options: Mapping[str, str] = field(default_factory=dict, hash=False)
    every_wiring: bool = False


@dataclass(frozen=True)
class Rule(Address):
    """One rule, as its two texts state it."""

    claim: str
    symptom: str
    window: tuple[Requirement, ...]
    databases: tuple[str, ...]
    outcomes: tuple[StatedOutcome, ...]
    observed: bool
    """Whether `observe` reports the counterexample when it watches the proof run under it."""
    short: Text
    full: Text
    options: Mapping[str, str] = field(default_factory=dict, hash=False)
    """What its scaffold is rendered with, where that is not the default."""
    every_wiring: bool = False
    """Whether it is proved on the scaffold of each wiring; it is refuted on the default one."""

    def outcomes_on(self, database: str) -> tuple[str, ...]:
        """Give the texts stated for `database`, a key of `DATABASES`, in their order."""
        return tuple(
            outcome.text for outcome in self.outcomes if outcome.database in (None, database)
        )


def rule_of(short: ShortText, story: Story) -> Rule:
    """Make a rule of its two texts."""
    return Rule(
        topic=short.topic,
        slug=short.slug,
        claim=short.claim,
        symptom=short.symptom,
        window=story.window,
        databases=story.databases,
        outcomes=story.outcomes,
        observed=story.observed,
        short=short.text,
        full=story.text,
        options=story.options,
        every_wiring=story.every_wiring,
    )
