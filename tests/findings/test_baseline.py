"""Fingerprints, and the baseline that knows findings by them."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given

from async_db.findings import (
    Baseline,
    BaselineError,
    Finding,
    baseline_text,
    fingerprint,
    new_findings,
    read_baseline,
)
from async_db.findings.fingerprints import fingerprint_by_message
from helpers.findings import FOUND, READ, RULE, any_findings


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("3 statements in 0.25 s", "12 statements in 1,234.5 s"),
        ("session 0x7f3a00ff is shared", "session 0x7F0012ab is shared"),
        (
            "order 6ba7b810-9dad-11d1-80b4-00c04fd430c8 is gone",
            "order f81d4fae-7dec-11d0-a765-00a0c91e6bf6 is gone",
        ),
    ],
)
def test_without_code_counts_and_addresses_in_what_is_said_do_not_matter(
    one: str, other: str
) -> None:
    assert READ.code == ""
    assert fingerprint(replace(READ, message=one)) == fingerprint(replace(READ, message=other))
    assert fingerprint(replace(READ, message="else")) != fingerprint(READ)


def test_a_fingerprint_outlives_moved_lines_other_words_tests_and_systems() -> None:
    moved = replace(
        FOUND,
        line=1,
        test="",
        evidence=(),
        grade="review",
        route="GET /",
        message="It is so.",
        advice="",
        path="app\\api\\orders.py",
    )

    assert fingerprint(moved) == fingerprint(FOUND)


def test_a_fingerprint_is_the_same_in_every_release() -> None:
    # Were this to change, every baseline in every service would be worth nothing.
    assert fingerprint(FOUND) == "bae1ed58e7dc58da"
    assert fingerprint_by_message(FOUND) == "ab3583c179443297"


@pytest.mark.parametrize("field", ["rule", "path", "code", "function", "nth"])
def test_a_fingerprint_tells_places_apart(field: str) -> None:
    assert fingerprint(replace(FOUND, **{field: "another"})) != fingerprint(FOUND)  # type: ignore[arg-type]


def test_the_parts_of_a_fingerprint_do_not_run_together() -> None:
    one, other = replace(FOUND, path="a", code="bc"), replace(FOUND, path="ab", code="c")

    assert fingerprint(one) != fingerprint(other)


def test_a_baseline_has_the_form_that_is_documented() -> None:
    elsewhere = replace(READ, line=50)
    again = replace(FOUND, test="another", route="GET /orders")

    assert json.loads(baseline_text([FOUND, again, elsewhere, READ])) == {
        "schema_version": 2,
        "known": [
            {
                "rule": RULE,
                "path": "app/api/orders.py",
                "function": "get_session",
                "code": "session.commit()",
                "count": 1,
                "fingerprint": fingerprint(FOUND),
            },
            {
                "rule": RULE,
                "path": "app/api/users.py",
                "message": "It may commit late.",
                "count": 2,
                "fingerprint": fingerprint(READ),
            },
        ],
    }


def test_a_baseline_of_the_first_form_still_counts(tmp_path: Path) -> None:
    path = tmp_path / "known.json"
    entry = {"fingerprint": fingerprint_by_message(FOUND), "count": 1}
    path.write_text(json.dumps({"schema_version": 1, "known": [entry]}))
    baseline = read_baseline(path)
    another = replace(FOUND, route="GET /orders")

    assert baseline.by_message
    assert new_findings([FOUND, another], baseline) == [another]


@given(any_findings)
def test_nothing_is_new_to_its_own_baseline(
    tmp_path_factory: pytest.TempPathFactory, findings: list[Finding]
) -> None:
    path = tmp_path_factory.getbasetemp() / "baseline.json"
    path.write_text(baseline_text(findings), encoding="utf-8")
    baseline = read_baseline(path)

    assert new_findings(findings, baseline) == []
    assert not baseline.by_message
    assert Baseline.of(findings) == baseline
    assert new_findings(findings, Baseline()) == findings
    another = replace(FOUND, rule="not/known")
    assert new_findings([*findings, another], baseline) == [another]


def test_only_the_surplus_is_new() -> None:
    low, middle = replace(READ, line=10, grade="review"), replace(READ, line=50)
    high = replace(READ, line=90)

    assert new_findings([high, low, middle], Baseline.of([READ])) == [high, middle]


def test_more_tests_and_routes_of_a_known_place_are_nothing_new() -> None:
    met = [replace(FOUND, test=name, route=name) for name in "abc"]

    assert new_findings(met, Baseline.of([FOUND])) == []


def test_all_tests_of_a_new_place_are_told() -> None:
    tests = [replace(FOUND, test=name, line=99, nth=1) for name in "ab"]

    assert new_findings([FOUND, *tests], Baseline.of([FOUND])) == tests


def entry(**changed: object) -> str:
    return json.dumps(
        {"schema_version": 1, "known": [{"fingerprint": "ab", "count": 1, **changed}]}
    )


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "Expecting value"),
        ("\x00", "Expecting value"),
        ("[]", 'no object with a "schema_version" and a list "known"'),
        ('{"schema_version": 1, "known": {}}', "no object with"),
        ('{"schema_version": 3, "known": []}', '"schema_version" is 3, not 1 or 2'),
        ('{"schema_version": true, "known": []}', '"schema_version" is True, not 1 or 2'),
        (entry(count=0), "entry 1 lacks"),
        (entry(count=True), "entry 1 lacks"),
        (entry(count="1"), "entry 1 lacks"),
        (entry(fingerprint=None), "entry 1 lacks"),
        (entry(fingerprint=""), "entry 1 lacks"),
        (
            json.dumps({"schema_version": 1, "known": [{"fingerprint": "ab", "count": 1}] * 2}),
            "entry 2 of ab repeats an earlier one",
        ),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_what_is_no_baseline_is_refused_in_one_line(
    tmp_path: Path, content: str, reason: str
) -> None:
    path = tmp_path / "baseline.json"
    path.write_text(content, encoding="utf-8")

    with pytest.raises(BaselineError) as caught:
        read_baseline(path)

    message = str(caught.value)
    assert message.startswith(f"{path}: not a baseline: ")
    assert reason in message
    assert message.isprintable()


def test_a_baseline_of_other_bytes_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    path.write_bytes(b'{"\xff\xfa": 1}')

    with pytest.raises(BaselineError, match=r"not a baseline: .*decode"):
        read_baseline(path)


def test_a_baseline_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BaselineError, match=r"no\\n\.json: cannot be read: No such file"):
        read_baseline(tmp_path / "no\n.json")
