"""Made-up outcomes, as a scenario might come to them."""

from async_db.faults import Answer, Ending, Fact, Left, Outcome

STORED = Answer("create", status=201, stored=True)
LOST = Answer("create", status=201, stored=False)
TOLD_TO_WAIT = Answer("create", status=503, stored=False)
MISLED = Answer("create", status=503, stored=True)
UNKNOWN = Answer("create", status=500, stored=True, unknown=True)
WRONG = Answer("create", status=500, stored=False)
CUT = Answer("create", ending=Ending.CUT, stored=False)
SILENT = Answer("create", ending=Ending.SILENT, stored=False)
REFUSED = Answer("create", ending=Ending.REFUSED)
ALIVE = Answer("live", "live", status=204)
DEAD = Answer("live", "live", status=500)
READY = Answer("ready", "ready", status=204)
NOT_READY = Answer("ready", "ready", status=503)


def outcome(*answers: Answer, left: Left | None = None, **facts: Fact) -> Outcome:
    """Give what is well unless it is said otherwise: the process ended, and before that recovered."""
    return Outcome(answers, left or Left(), {"recovered": 0.1, "stopped": 1.0, **facts})


def in_phase(phase: str, *answers: Answer) -> tuple[Answer, ...]:
    return tuple(
        Answer(one.request, phase, one.ending, one.status, one.seconds, one.unknown, one.stored)
        for one in answers
    )
