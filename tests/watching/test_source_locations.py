"""Which lines are a test's and which the service's."""

import pytest

from async_db.watching import is_test


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("tests/helpers.py:3", True),
        ("conftest.py:3", True),
        ("app/test_x.py:3", True),
        ("app/contest.py:3", False),
        ("app/testing.py:3", False),
    ],
)
def test_lines_of_tests_are_told_apart(place: str, expected: bool) -> None:
    assert is_test(place) is expected
