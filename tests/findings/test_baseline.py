"""Fingerprints, and the baseline that knows findings by them."""

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given

from async_db.findings import (
    BaselineError,
    Finding,
    baseline_text,
    fingerprint,
    new_findings,
    read_baseline,
)
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
def test_a_fingerprint_outlives_counts_and_addresses(one: str, other: str) -> None:
    assert fingerprint(replace(READ, message=one)) == fingerprint(replace(READ, message=other))


def test_a_fingerprint_outlives_moved_lines_other_tests_and_systems() -> None:
    moved = replace(
        FOUND, line=1, test="", evidence=(), advice="", grade="review", path="app\\api\\orders.py"
    )

    assert fingerprint(moved) == fingerprint(FOUND)


def test_a_fingerprint_is_the_same_in_every_release() -> None:
    # Were this to change, every baseline in every service would be worth nothing.
    assert fingerprint(FOUND) == "ab3583c179443297"


@pytest.mark.parametrize("field", ["rule", "path", "route", "message"])
def test_a_fingerprint_tells_findings_apart(field: str) -> None:
    assert fingerprint(replace(FOUND, **{field: "another"})) != fingerprint(FOUND)  # type: ignore[arg-type]


def test_the_parts_of_a_fingerprint_do_not_run_together() -> None:
    one, other = replace(READ, path="a", route="bc"), replace(READ, path="ab", route="c")

    assert fingerprint(one) != fingerprint(other)


def test_a_baseline_has_the_form_that_is_documented() -> None:
    elsewhere = replace(FOUND, line=50)
    again = replace(FOUND, test="another")

    assert json.loads(baseline_text([FOUND, again, elsewhere, READ])) == {
        "schema_version": 1,
        "known": [
            {
                "rule": RULE,
                "path": "app/api/orders.py",
                "message": "The response was sent before the commit.",
                "route": "POST /orders/{id}",
                "count": 2,
                "fingerprint": fingerprint(FOUND),
            },
            {
                "rule": RULE,
                "path": "app/api/users.py",
                "message": "It may commit late.",
                "count": 1,
                "fingerprint": fingerprint(READ),
            },
        ],
    }


@given(any_findings)
def test_nothing_is_new_to_its_own_baseline(
    tmp_path_factory: pytest.TempPathFactory, findings: list[Finding]
) -> None:
    path = tmp_path_factory.getbasetemp() / "baseline.json"
    path.write_text(baseline_text(findings), encoding="utf-8")
    baseline = read_baseline(path)

    assert new_findings(findings, baseline) == []
    assert new_findings(findings, {}) == findings
    another = replace(FOUND, rule="not/known")
    assert new_findings([*findings, another], baseline) == [another]


def test_only_the_surplus_is_new() -> None:
    low, middle = replace(FOUND, line=10, grade="review"), replace(FOUND, line=50)
    high = replace(FOUND, line=90)

    allowed = Counter({fingerprint(FOUND): 1})
    assert new_findings([high, low, middle], allowed) == [high, middle]


def test_more_tests_of_a_known_place_are_nothing_new() -> None:
    tests = [replace(FOUND, test=name) for name in "abc"]

    assert new_findings(tests, Counter({fingerprint(FOUND): 1})) == []


def test_all_tests_of_a_new_place_are_told() -> None:
    tests = [replace(FOUND, test=name, line=99) for name in "ab"]

    assert new_findings([FOUND, *tests], Counter({fingerprint(FOUND): 1})) == tests


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
        ('{"schema_version": 2, "known": []}', '"schema_version" is 2, not 1'),
        ('{"schema_version": true, "known": []}', '"schema_version" is True, not 1'),
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
