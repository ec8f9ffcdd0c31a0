"""What each scenario says of an outcome: what held, and what did not, with the reason."""

import pytest

from async_db.faults import SCENARIOS, Left, Limits, Outcome
from helpers.outcomes import (
    ALIVE,
    CUT,
    DEAD,
    LOST,
    MISLED,
    NOT_READY,
    READY,
    REFUSED,
    SILENT,
    STORED,
    TOLD_TO_WAIT,
    UNKNOWN,
    WRONG,
    in_phase,
    outcome,
)

LIMITS = Limits(answer=5, recover=5, stop=5)
WELL = outcome(STORED, TOLD_TO_WAIT, UNKNOWN, ALIVE)

HELD: dict[str, Outcome] = {
    "clients-that-do-not-read": outcome(STORED, ALIVE),
    "clients-that-leave": outcome(*in_phase("the same again", STORED), ALIVE),
    "cut-after-commit": WELL,
    "cut-before-commit": WELL,
    "database-down-at-start": outcome(TOLD_TO_WAIT, NOT_READY, ALIVE),
    "deadlock": WELL,
    "delayed-network": outcome(STORED, ALIVE),
    "failing-background-task": outcome(*in_phase("next on the connection", TOLD_TO_WAIT)),
    "killed-backends": WELL,
    "locked-file": outcome(
        *in_phase("writing", TOLD_TO_WAIT), *in_phase("reading", STORED), READY, ALIVE
    ),
    "locked-row": outcome(
        *in_phase("hot", TOLD_TO_WAIT),
        *in_phase("innocent", *[STORED] * 19, TOLD_TO_WAIT),
        *([READY] * 19),
        *(NOT_READY, ALIVE),
    ),
    "pgbouncer-restart": WELL,
    "read-only-failover": WELL,
    "server-crash": WELL,
    "server-restart": WELL,
    "sigkill-under-load": outcome(STORED, CUT, REFUSED),
    "sigterm-under-load": outcome(*in_phase("in flight", STORED, REFUSED), CUT, REFUSED),
    "sqlite-writers": outcome(*in_phase("writing", STORED), *in_phase("reading", STORED)),
    "swallowed-packets": outcome(TOLD_TO_WAIT, *in_phase("while ending", CUT), ALIVE),
    "tables-missing": outcome(ALIVE, NOT_READY, *in_phase("after", STORED)),
    "wrong-password": outcome(TOLD_TO_WAIT, NOT_READY, ALIVE, password_lines=0),
}
BROKEN: list[tuple[str, Outcome, str]] = [
    *(
        (name, outcome(*in_phase("load", STORED, LOST)), "1 of 2 acknowledged writes are not in")
        for name in SCENARIOS
        if name != "tables-missing"
    ),
    *(
        (name, outcome(STORED, MISLED), "1 writes were answered 503 though they are stored")
        for name in SCENARIOS
        if name != "tables-missing"
    ),
    *(
        (name, outcome(STORED, left=Left(slots=2)), "left behind: 2 slots")
        for name in SCENARIOS
        if name != "tables-missing"
    ),
    *(
        (name, outcome(STORED, recovered=None), "it did not recover")
        for name in SCENARIOS
        if name != "sigterm-under-load"
    ),
    ("clients-that-do-not-read", outcome(stopped=None), "SIGTERM did not end it in 10 s"),
    ("clients-that-leave", outcome(*in_phase("the same again", STORED, SILENT)), "1 of 2 requests"),
    ("cut-after-commit", outcome(WRONG), "1 answers were errors that say nothing (500)"),
    ("cut-before-commit", outcome(SILENT), "1 of 1 requests had no answer (1 silent)"),
    ("database-down-at-start", outcome(NOT_READY, READY), "it called itself ready 1 of 2 times"),
    ("deadlock", outcome(WRONG), "1 answers were errors that say nothing (500)"),
    ("delayed-network", outcome(STORED, TOLD_TO_WAIT), "1 of 2 requests (load) failed: 1 x 201"),
    ("failing-background-task", outcome(*in_phase("next on the connection", CUT)), "(1 cut)"),
    ("killed-backends", outcome(STORED, DEAD), "it seemed dead 1 of 1 times"),
    ("locked-file", outcome(*in_phase("reading", TOLD_TO_WAIT)), "1 of 1 requests (reading)"),
    ("locked-file", outcome(READY, NOT_READY), "1 of 2 requests (ready) failed: 1 x 204, 1 x 503"),
    ("locked-row", outcome(*in_phase("innocent", TOLD_TO_WAIT)), "1 of 1 requests (innocent)"),
    ("locked-row", outcome(READY, NOT_READY), "1 of 2 requests (ready) failed: 1 x 204, 1 x 503"),
    ("pgbouncer-restart", outcome(CUT), "1 of 1 requests had no answer (1 cut)"),
    ("read-only-failover", outcome(WRONG, WRONG), "2 answers were errors that say nothing (500)"),
    ("server-crash", outcome(WRONG), "1 answers were errors that say nothing (500)"),
    ("server-restart", outcome(DEAD), "it seemed dead 1 of 1 times"),
    ("sigkill-under-load", outcome(*in_phase("after", STORED, WRONG)), "1 of 2 requests failed"),
    ("sigterm-under-load", outcome(*in_phase("in flight", CUT)), "1 of 1 requests (in flight)"),
    ("sigterm-under-load", outcome(*in_phase("in flight", REFUSED)), "no request was in flight"),
    ("sigterm-under-load", outcome(stopped=None), "SIGTERM did not end it in 10 s"),
    ("sqlite-writers", outcome(*in_phase("writing", TOLD_TO_WAIT)), "1 of 1 requests (writing)"),
    ("sqlite-writers", outcome(*in_phase("reading", TOLD_TO_WAIT)), "1 of 1 requests (reading)"),
    ("swallowed-packets", outcome(SILENT), "1 of 1 requests had no answer (1 silent)"),
    ("swallowed-packets", outcome(stopped=None), "SIGTERM did not end it in 10 s"),
    ("tables-missing", outcome(ALIVE, READY), "it called itself ready 1 of 1 times"),
    ("tables-missing", outcome(DEAD), "it seemed dead 1 of 1 times"),
    ("wrong-password", outcome(password_lines=3), "it wrote the password in 3 lines"),
]


def test_every_scenario_is_judged_here() -> None:
    assert HELD.keys() == SCENARIOS.keys()
    assert {name for name, _, _ in BROKEN} == SCENARIOS.keys()


@pytest.mark.parametrize("name", HELD)
def test_what_holds(name: str) -> None:
    assert SCENARIOS[name].verdict(HELD[name], LIMITS).reasons == ()


@pytest.mark.parametrize(
    ("name", "broken", "reason"), BROKEN, ids=[f"{name}-{text}" for name, _, text in BROKEN]
)
def test_what_does_not(name: str, broken: Outcome, reason: str) -> None:
    reasons = SCENARIOS[name].verdict(broken, LIMITS).reasons
    assert any(reason in told for told in reasons), reasons


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS.keys())
def test_each_says_in_one_sentence_what_happens_and_what_must_hold(scenario: object) -> None:
    happens = SCENARIOS[getattr(scenario, "name", "")].happens
    assert ": " in happens
    assert happens.endswith(".")
    assert happens.count(". ") == 0
