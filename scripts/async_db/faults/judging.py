"""What scenarios have in common when they judge an outcome: each yields what is broken, if it is."""

from collections.abc import Iterator

from async_db.faults.outcome import Outcome
from async_db.faults.service import Limits

SLACK = 2.0
"""How many times a limit may be taken: what is measured shares its machine with who measures."""

PROBES = ("live", "ready")
"""The phases of who asks whether the service lives and is ready."""


def keeps_its_word(outcome: Outcome) -> Iterator[str]:
    """What was acknowledged is there, and what was called unavailable is not."""
    if outcome.lost:
        yield f"{outcome.lost} of {outcome.acknowledged} acknowledged writes are not in the table"
    if outcome.misled:
        yield f"{outcome.misled} writes were answered 503 though they are stored"


def answers_all(outcome: Outcome) -> Iterator[str]:
    """Every request that reached the service is answered, in time, and the answer says something."""
    if outcome.unanswered:
        counts = {name: outcome.counts.get(name, 0) for name in ("cut", "silent")}
        how = ", ".join(f"{number} {name}" for name, number in counts.items() if number)
        yield f"{outcome.unanswered} of {outcome.sent} requests had no answer ({how})"
    yield from says_what_happened(outcome)


def says_what_happened(outcome: Outcome) -> Iterator[str]:
    """No answer is an error that tells its client neither to try again nor that it is unknown."""
    if outcome.wrong:
        yield f"{outcome.wrong} answers were errors that say nothing ({_errors(outcome)})"


def _errors(outcome: Outcome) -> str:
    statuses = sorted({str(answer.status) for answer in outcome.answers if answer.wrong})
    return ", ".join(statuses)


def lives(outcome: Outcome) -> Iterator[str]:
    """Whoever asks whether it lives is told so, every time."""
    asked = outcome.of("live")
    if asked.bad:
        yield f"it seemed dead {asked.bad} of {asked.sent} times"


def recovers(outcome: Outcome) -> Iterator[str]:
    """It serves as before, some time after the fault is over."""
    after = outcome.of("after")
    if "recovered" in outcome.facts and outcome.facts["recovered"] is None:
        yield f"it did not recover ({_counted(outcome.of('recovering'))})"
    elif after.bad:
        yield f"{after.bad} of {after.sent} requests failed once it was over ({_counted(after)})"


def _counted(outcome: Outcome) -> str:
    return ", ".join(f"{number} x {name}" for name, number in outcome.counts.items())


def is_not_ready(outcome: Outcome) -> Iterator[str]:
    """Whoever asks whether it is ready hears that it is not."""
    asked = outcome.of("ready")
    if asked.sent > asked.bad:
        yield f"it called itself ready {asked.sent - asked.bad} of {asked.sent} times"


def serves_all(outcome: Outcome, phase: str, *, but: float = 0.0) -> Iterator[str]:
    """Every request of a phase gets what it asks for, but for a share of them, 0 to 1."""
    asked = outcome.of(phase)
    if asked.bad > but * asked.sent:
        yield f"{asked.bad} of {asked.sent} requests ({phase}) failed: {_counted(asked)}"


def leaves_nothing(outcome: Outcome) -> Iterator[str]:
    """No connection stays in a transaction, no slot of the pool taken, no process behind."""
    if str(outcome.left) != "nothing":
        yield f"left behind: {outcome.left}"


def ends(outcome: Outcome, limits: Limits) -> Iterator[str]:
    """The process ends when it is told to."""
    seconds = outcome.facts.get("stopped")
    if not isinstance(seconds, float):
        yield f"SIGTERM did not end it in {limits.stop * SLACK:g} s"


def stands(outcome: Outcome) -> Iterator[str]:
    """All that must hold whenever the service itself goes on."""
    yield from keeps_its_word(outcome)
    yield from answers_all(outcome.besides(*PROBES))
    yield from lives(outcome)
    yield from recovers(outcome)
    yield from leaves_nothing(outcome)
