"""Windows: versions are compared as numbers, in exactly one order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from async_db.rules import Comparator, Requirement


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        (">= 0.121", ["0.121", "0.121.0", "0.165.0", "1.0", "0.121.0rc1"], ["0.120.9", "0.21"]),
        ("< 2.1", ["2.0.58", "1.4"], ["2.1", "2.1.0", "2.10"]),
        ("<= 2.1", ["2.1", "2.1.0"], ["2.1.1"]),
        ("> 2.1", ["2.1.1", "2.10"], ["2.1", "2.1.0"]),
        ("== 2.1", ["2.1", "2.1.0.0"], ["2.1.1"]),
        ("!= 2.1", ["2.1.1"], ["2.1", "2.1.0"]),
    ],
)
def test_versions_are_compared_as_numbers(text: str, inside: list[str], outside: list[str]) -> None:
    operator, version = text.split()
    requirement = Requirement("Project.Name_x", (Comparator(operator, version),))

    assert [version for version in inside if not requirement.holds(version)] == []
    assert [version for version in outside if requirement.holds(version)] == []
    assert requirement.distribution == "project-name-x"
    with pytest.raises(ValueError, match="not a version"):
        requirement.holds("unknown")


numbers = st.lists(st.integers(0, 30), min_size=1, max_size=4)


@given(numbers, numbers)
def test_exactly_one_order_holds_between_versions(left: list[int], right: list[int]) -> None:
    bound, version = (".".join(map(str, parts)) for parts in (left, right))

    held = [operator for operator in "<>" if Comparator(operator, bound).holds(version)]
    equal = Comparator("==", bound).holds(version)

    assert len(held) + equal == 1
    assert Comparator("!=", bound).holds(version) is not equal
    assert Comparator(">=", bound).holds(version) is (equal or held == [">"])
    assert Comparator("<=", bound).holds(version) is (equal or held == ["<"])
