"""What sets of releases show, compared with the windows of rules."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from async_db.proving.evidence.results import Result
from async_db.proving.releases.sets import (
    ReleaseSet,
)
from async_db.proving.releases.verdicts import Says, Verdict, concerned, judge, not_shown
from async_db.rules import Comparator, Requirement
from helpers.release_examples import (
    ANYWHERE,
    BOTH,
    CLIENT,
    FASTAPI,
    GOOD,
    HTTPX,
    INSIDE,
    LATEST,
    NEWEST,
    OLD,
    OLD_FASTAPI,
    OUTSIDE,
    RULE,
    result,
    tried,
)


def test_where_the_service_cannot_run_rules_about_the_reason_are_tried() -> None:
    rules = (RULE, ANYWHERE, CLIENT, BOTH)

    assert concerned(rules, ()) == rules
    assert concerned(rules, (FASTAPI,)) == (RULE, BOTH)
    assert concerned(rules, (FASTAPI, HTTPX)) == (RULE, CLIENT, BOTH)
    assert concerned(rules, (Requirement("alembic", ()),)) == ()


FAILED = result(False, None, "proof failed: TypeError")
STILL_PASSES = result(True, False, "proof still passes")
UNOBSERVED = result(True, True, "not observed")
NOT_TRIED = result(None, None, "no server", "postgresql")
STALE = result(True, None, "does not fit")
NOT_RUN = replace(NOT_TRIED, reason=None, not_run="no tool")
PROVED_ELSEWHERE = replace(GOOD, wiring="container", refuted=None, refuted_on="depends")

JUDGED: list[tuple[Mapping[str, str], list[Result], Says, str | None]] = [
    (NEWEST, [GOOD], "applies", None),
    (NEWEST, [GOOD, result(database="postgresql")], "applies", None),
    (NEWEST, [FAILED], "disagrees", "inside its window, on sqlite: proof failed: TypeError"),
    (NEWEST, [GOOD, NOT_TRIED], "disagrees", "inside its window, on postgresql: no server"),
    (NEWEST, [GOOD, NOT_RUN], "applies", None),
    (NEWEST, [NOT_RUN], "not run", "no tool"),
    (NEWEST, [GOOD, PROVED_ELSEWHERE], "applies", None),
    (
        OLD_FASTAPI,
        [STILL_PASSES, PROVED_ELSEWHERE],
        "does not apply",
        "on sqlite: proof still passes",
    ),
    (OLD_FASTAPI, [NOT_RUN], "not run", "no tool"),
    (NEWEST, [UNOBSERVED], "disagrees", "inside its window, on sqlite: not observed"),
    (OLD_FASTAPI, [FAILED], "does not apply", "on sqlite: proof failed: TypeError"),
    (OLD_FASTAPI, [STILL_PASSES], "does not apply", "on sqlite: proof still passes"),
    (OLD_FASTAPI, [GOOD], "disagrees", "outside its window, but proved and refuted on sqlite"),
    (
        OLD_FASTAPI,
        [UNOBSERVED],
        "disagrees",
        "outside its window, but proved and refuted on sqlite: not observed",
    ),
    (
        OLD_FASTAPI,
        [FAILED, result(database="postgresql")],
        "disagrees",
        "outside its window, but proved and refuted on postgresql",
    ),
    (
        OLD_FASTAPI,
        [FAILED, NOT_TRIED],
        "disagrees",
        "outside its window, and not tried on postgresql: no server",
    ),
    (
        OLD_FASTAPI,
        [STALE],
        "disagrees",
        "outside its window, and not tried on sqlite: does not fit",
    ),
]


@pytest.mark.parametrize(("installed", "results", "says", "reason"), JUDGED)
def test_results_are_compared_with_the_window(
    installed: Mapping[str, str], results: list[Result], says: Says, reason: str | None
) -> None:
    inside = installed is NEWEST

    assert judge(RULE, installed, (), results) == Verdict(RULE.name, inside, says, reason)


def test_a_rule_of_other_databases_is_not_judged() -> None:
    assert judge(RULE, NEWEST, (), []) is None
    assert judge(RULE, OLD_FASTAPI, (FASTAPI,), []) is None


def test_where_the_service_cannot_run_only_the_reason_is_judged() -> None:
    needs = (FASTAPI,)
    reason = "the service needs FastAPI >= 0.121"

    outside = judge(RULE, OLD_FASTAPI, needs, [FAILED])
    still_good = judge(RULE, OLD_FASTAPI, needs, [GOOD])
    inside = judge(ANYWHERE, OLD_FASTAPI, needs, [])
    elsewhere = judge(CLIENT, OLD_FASTAPI | {"httpx": "0.27.2"}, needs, [])

    assert outside is not None
    assert outside.says == "does not apply"
    assert still_good is not None
    assert still_good.says == "disagrees"
    assert inside == Verdict(ANYWHERE.name, True, "cannot run", reason)
    assert elsewhere == Verdict(CLIENT.name, False, "cannot run", reason)


def test_a_rule_of_wider_window_than_the_service_cannot_be_run() -> None:
    wide = replace(RULE, window=(Requirement("FastAPI", (Comparator(">=", "0.100"),)),))

    verdict = judge(wide, OLD_FASTAPI, (FASTAPI, HTTPX), [FAILED])

    reason = "the service needs FastAPI >= 0.121; httpx >= 0.28"
    assert verdict == Verdict(RULE.name, True, "cannot run", reason)


def test_what_is_shown_from_both_sides_is_not_told() -> None:
    assert not_shown((RULE, ANYWHERE), (OLD, LATEST)) == []


def test_a_rule_that_is_nowhere_seen_to_apply_is_told() -> None:
    assert not_shown((RULE, ANYWHERE), (OLD,)) == [
        "sums/adds: no set of releases shows that it applies",
        "sums/anywhere: no set of releases shows that it applies",
    ]


def test_an_edge_that_is_seen_from_inside_only_is_told() -> None:
    window = (Requirement("FastAPI", (Comparator(">=", "0.121"), Comparator("<", "0.200"))),)
    rule = replace(RULE, window=window)
    cannot = tried(OLD.releases, OLD_FASTAPI, replace(OUTSIDE, says="cannot run"))

    assert not_shown((rule,), (OLD, LATEST)) == [
        "sums/adds: no set of releases shows that it ends at FastAPI < 0.200"
    ]
    assert not_shown((rule,), (cannot, LATEST)) == [
        f"sums/adds: no set of releases shows that it ends at FastAPI {bound}"
        for bound in (">= 0.121", "< 0.200")
    ]


def test_an_edge_of_what_evidence_does_not_name_is_told() -> None:
    rule = replace(RULE, window=(FASTAPI, Requirement("alembic", (Comparator(">=", "1.16"),))))

    assert not_shown((rule,), (OLD, LATEST)) == [
        "sums/adds: no set of releases shows that it ends at alembic >= 1.16"
    ]


def test_what_a_missing_program_keeps_from_being_run_is_not_asked_for() -> None:
    lacking = tried(ReleaseSet(), NEWEST, replace(INSIDE, says="not run", reason="no tool"))

    assert not_shown((RULE,), (OLD, lacking)) == []


def test_a_rule_that_disagrees_or_was_not_asked_for_is_not_told_twice() -> None:
    wrong = tried(ReleaseSet(), NEWEST, replace(INSIDE, says="disagrees"))

    assert not_shown((RULE,), (wrong,)) == []
    assert not_shown((CLIENT,), (OLD, LATEST)) == []
