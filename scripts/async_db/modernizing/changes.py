"""What a step changed, and what it left to a person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

FixGrade = Literal["safe", "unsafe", "withheld"]
Knowledge = Literal["model", "types", "recorded"]
"""How a change is known to be right: the model of the source, a type checker, what `observe` saw."""


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that was changed, or that was not.

    Parameters:
        path: the file, as the project calls it.
        line: counted from 1, in the file as the step found it.
        kind: what was done, in a word or two, such as `await`; changes are counted by it.
        grade: `safe`; `unsafe`, done only where that is asked for; `withheld`.
        rule: the rule that it follows, `topic/slug`.
        reason: the doubt, or why it was withheld, in one sentence; empty where it is safe.
        knowledge: where it is known from.
        code: the line as it was.
    """

    path: str
    line: int
    kind: str
    grade: FixGrade = "safe"
    rule: str = "migrating/no-sync-left"
    reason: str = ""
    knowledge: Knowledge = "model"
    code: str = ""
