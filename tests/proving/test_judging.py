"""What a run of tests says of a rule."""

from dataclasses import replace

from async_db.findings import Finding
from async_db.proving.children.job import Outcome, Report
from async_db.proving.judging import (
    findings_of,
    judge_observation,
    judge_proof,
    judge_refutation,
    outside_window,
)
from async_db.rules import Comparator, Requirement
from async_db.traces import Recording
from helpers.rule_examples import rule_of_sums

RULE = rule_of_sums(databases="SQLite", outcome="`assert -1 == 3`; `409`")


def failed(*messages: str) -> Outcome:
    return Outcome(
        "tests/proofs/sums/test_adds.py::test", frozenset({RULE.name}), "failed", messages
    )


def test_messages_are_compared_without_regard_to_white_space() -> None:
    report = Report((failed("assert   -1\n== 3"), failed("other", "got 409\nhere")))

    assert judge_refutation(RULE, "sqlite", report) == (("assert -1 == 3", "409"), None)


def test_a_refutation_needs_every_test_to_fail() -> None:
    passed = Outcome("tests/proofs/sums/test_adds.py::other", frozenset({RULE.name}), "passed")
    report = Report((failed("assert -1 == 3", "409"), passed))

    _, problem = judge_refutation(RULE, "sqlite", report)

    assert problem == "proof still passes under its counterexample (1 of 2 tests)"


def test_a_refutation_may_come_before_any_test_starts() -> None:
    report = Report((), unusable="pytest gave up: 409 assert -1 == 3")

    assert judge_refutation(RULE, "sqlite", report)[1] is None


def found(rule: str) -> Recording:
    return Recording(findings=(Finding(rule, "proven", "app.py", 1, "adds wrongly", "add"),))


def test_what_observe_reports_is_what_the_text_says_of_it() -> None:
    claiming = replace(RULE, observed=True)

    assert judge_observation(RULE, observed=False) is None
    assert judge_observation(claiming, observed=True) is None
    assert judge_observation(RULE, observed=True) == (
        "observe reports the counterexample, which the text does not say"
    )
    assert judge_observation(claiming, observed=False) == (
        "observe does not report the counterexample"
    )


def test_findings_of_a_run_are_those_of_its_tests_and_of_its_end() -> None:
    outcome = replace(failed("409"), recording=found("sums/adds"))

    report = Report((outcome, failed("409")), afterwards=found("sums/other"))

    assert [finding.rule for finding in findings_of(report)] == ["sums/adds", "sums/other"]


def test_a_proof_in_which_observe_reports_the_rule_is_none() -> None:
    passed = replace(failed(), status="passed")

    assert judge_proof(RULE, Report((replace(passed, recording=found("sums/other")),))).proved
    assert judge_proof(RULE, Report((replace(passed, recording=found("sums/adds")),))).reason == (
        "observe reports the scaffold: sums/adds at app.py:1: adds wrongly"
    )


def test_tests_of_other_rules_prove_nothing() -> None:
    other = Outcome("tests/proofs/other.py::test", frozenset({"sums/other"}), "passed")

    assert judge_proof(RULE, Report((other,))).reason == "no proof"
    assert judge_refutation(RULE, "sqlite", Report((other,)))[1] == (
        "no test of the proof was run under its counterexample"
    )


def test_the_window_is_read_off_the_installed_releases() -> None:
    window = (Requirement("FastAPI", (Comparator(">=", "0.121"),)),)
    rule = replace(RULE, window=window)

    assert outside_window(rule, {"fastapi": "0.165.0"}) is None
    assert outside_window(rule, {}) is None
    assert outside_window(rule, {"fastapi": "0.120.4"}) == (
        "outside its window: FastAPI 0.120.4 is not FastAPI >= 0.121"
    )
