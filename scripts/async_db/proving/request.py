"""What is to be verified, and how far that is."""

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from async_db.rules import DATABASES, Rule


class RequestError(Exception):
    """What was asked for cannot be done; the message is one line."""


@dataclass(frozen=True)
class Request:
    """What to verify, and how."""

    root: Path
    """The folder of the pack, with `references/`, `templates/` and `tests/`."""
    rules: tuple[str, ...] = ()
    """Patterns of rule names; none stand for all rules, and for the service's own tests too."""
    databases: tuple[str, ...] = tuple(DATABASES)
    wirings: tuple[str, ...] = ()
    """Those to verify on; none stand for all that the scaffold has."""
    models: str | None = None
    """Whose classes the scaffold's models are; None stands for its default."""
    jobs: int = 1
    timeout: float = 60.0
    """The seconds for which a run may go without finishing a test."""
    keep: bool = False
    """Whether the rendered projects and logs stay."""
    outside_windows: bool = False
    """Whether rules are tried on releases that they do not claim to hold for."""


@dataclass(frozen=True)
class Progress:
    """How far a verification has come."""

    done: int
    total: int
    doing: str


def select_rules(rules: Sequence[Rule], patterns: Sequence[str]) -> tuple[Rule, ...]:
    """Choose the rules whose names match one of the patterns, or all if there are none.

    Raises:
        RequestError: a pattern matches no rule.
    """
    for pattern in patterns:
        if not any(fnmatchcase(rule.name, pattern) for rule in rules):
            raise RequestError(f"--rules {pattern}: no rule has a name like this")
    return tuple(
        rule
        for rule in rules
        if not patterns or any(fnmatchcase(rule.name, pattern) for pattern in patterns)
    )
