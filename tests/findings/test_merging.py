"""What is one finding, and in what order findings are told."""

from dataclasses import replace
from typing import Any

import pytest

from async_db.findings import MergedFinding, merged
from helpers.findings import FOUND, READ


def test_the_same_finding_of_several_tests_is_one_with_the_first_tests_evidence() -> None:
    first = replace(FOUND, test="a", evidence=("of a",))
    second = replace(FOUND, test="b", evidence=("of b",))

    assert merged([second, first, second]) == [MergedFinding(first, 2)]


def test_a_finding_without_a_test_counts_none() -> None:
    assert merged([READ, READ]) == [MergedFinding(READ, 0)]


@pytest.mark.parametrize("field", ["rule", "grade", "path", "line", "message", "route"])
def test_what_differs_otherwise_is_not_merged(field: str) -> None:
    other: dict[str, Any] = {"grade": "review", "line": 43}
    different = replace(FOUND, **{field: other.get(field, "another")})

    assert len(merged([FOUND, different])) == 2


def test_the_surest_comes_first_within_a_rule() -> None:
    grades = [each.finding.grade for each in merged([replace(READ, grade="review"), READ, FOUND])]

    assert grades == ["proven", "suspected", "review"]
