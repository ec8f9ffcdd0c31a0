"""What became of requests under a fault, and whether that is what must hold."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from enum import StrEnum

UNAVAILABLE = 503
SERVER_ERROR = 500

Fact = float | int | str | None


class Ending(StrEnum):
    """How a request ended for its client."""

    ANSWERED = "answered"
    CUT = "cut"
    """The connection was closed without an answer."""
    SILENT = "silent"
    """No answer came within the limit."""
    REFUSED = "refused"
    """Nobody listened: it was never sent."""


@dataclass(frozen=True)
class Answer:
    """What a client saw of one request, and what was found of it later."""

    request: str
    phase: str = "load"
    """What the request was part of, such as `load`, or `live` for what looks whether it lives."""
    ending: Ending = Ending.ANSWERED
    status: int | None = None
    seconds: float = 0.0
    unknown: bool = False
    """Whether it says that it is not known if the write was stored."""
    stored: bool | None = None
    """Whether its write was in the table afterwards; None where it does not write, or cannot be
    looked up."""

    @property
    def good(self) -> bool:
        return self.status is not None and self.status < 300

    @property
    def unanswered(self) -> bool:
        return self.ending in (Ending.CUT, Ending.SILENT)

    @property
    def wrong(self) -> bool:
        """Whether it is an error that says nothing: neither `unavailable` nor `unknown`."""
        failed = self.status is not None and self.status >= SERVER_ERROR
        return failed and self.status != UNAVAILABLE and not self.unknown


@dataclass(frozen=True)
class Left:
    """What was left behind when all was over."""

    connections: int = 0
    """Of the service in the server: in a transaction, or all once the process has ended."""
    slots: int = 0
    """Of the pool, in use."""
    processes: int = 0

    def __str__(self) -> str:
        parts = [f"{number} {name}" for name, number in vars(self).items() if number]
        return ", ".join(parts) or "nothing"


@dataclass(frozen=True)
class Outcome:
    """What became of all requests, and what else was seen."""

    answers: tuple[Answer, ...] = ()
    left: Left = Left()
    facts: Mapping[str, Fact] = field(default_factory=dict)

    def of(self, *phases: str) -> "Outcome":
        """Give the same with the answers of some phases only."""
        answers = tuple(answer for answer in self.answers if answer.phase in phases)
        return Outcome(answers, self.left, self.facts)

    def besides(self, *phases: str) -> "Outcome":
        """Give the same without the answers of some phases."""
        answers = tuple(answer for answer in self.answers if answer.phase not in phases)
        return Outcome(answers, self.left, self.facts)

    def reached(self) -> "Outcome":
        """Give the same with the answers of those alone that were sent."""
        answers = tuple(one for one in self.answers if one.ending is not Ending.REFUSED)
        return Outcome(answers, self.left, self.facts)

    @property
    def sent(self) -> int:
        return sum(answer.ending is not Ending.REFUSED for answer in self.answers)

    @property
    def writes(self) -> tuple[Answer, ...]:
        """Those of which it is known whether they are stored."""
        return tuple(answer for answer in self.answers if answer.stored is not None)

    @property
    def acknowledged(self) -> int:
        """Writes whose client was told that they are stored."""
        return sum(answer.good for answer in self.writes)

    @property
    def lost(self) -> int:
        """Of these, how many are not in the table."""
        return sum(answer.good and not answer.stored for answer in self.writes)

    @property
    def misled(self) -> int:
        """Writes that are stored, whose client was told that there is no database for now."""
        return sum(answer.status == UNAVAILABLE and bool(answer.stored) for answer in self.writes)

    @property
    def unknown(self) -> int:
        return sum(answer.unknown for answer in self.answers)

    @property
    def unanswered(self) -> int:
        return sum(answer.unanswered for answer in self.answers)

    @property
    def wrong(self) -> int:
        return sum(answer.wrong for answer in self.answers)

    @property
    def bad(self) -> int:
        """How many were anything but good."""
        return sum(not answer.good for answer in self.answers)

    @property
    def slowest(self) -> float:
        """The seconds of the answer that took longest."""
        return max((answer.seconds for answer in self.answers), default=0.0)

    @property
    def counts(self) -> dict[str, int]:
        """How many ended how: by status, or by what happened instead of an answer."""
        return dict(sorted(Counter(map(_ending, self.answers)).items()))


def added_up(outcomes: Sequence[Outcome]) -> Outcome:
    """Give what became of all requests of several times that the same was done."""
    answers = tuple(answer for outcome in outcomes for answer in outcome.answers)
    left = [outcome.left for outcome in outcomes]
    names = [field.name for field in fields(Left)]
    return Outcome(
        answers, Left(**{name: sum(getattr(one, name) for one in left) for name in names})
    )


def _ending(answer: Answer) -> str:
    if answer.unknown:
        return f"{answer.status} unknown"
    return str(answer.status) if answer.status is not None else answer.ending.value


@dataclass(frozen=True)
class Verdict:
    """Whether what must hold did, and if not, why."""

    reasons: tuple[str, ...] = ()

    @property
    def held(self) -> bool:
        return not self.reasons


def verdict(reasons: Iterable[str]) -> Verdict:
    """Judge by the reasons that something is broken: none means that it held."""
    return Verdict(tuple(dict.fromkeys(reasons)))
