"""What is chosen to be typed and run holds every two choices that go together."""

from itertools import combinations, product

import pytest

from helpers.chosen_renderings import (
    NAMES,
    Chosen,
    each_choice,
    full_choice,
    legal_rows,
    pairwise_choice,
)
from helpers.pairwise import Row, pairwise
from helpers.rendered import FEATURES


def held(rows: list[Row], *choices: tuple[str, str]) -> bool:
    return any(all(row[name] == value for name, value in choices) for row in rows)


def values(rows: list[Row]) -> dict[str, list[str]]:
    return {name: sorted({row[name] for row in rows}) for name in rows[0]}


def test_every_two_choices_that_go_together_are_in_it() -> None:
    rows = [chosen.row for chosen in pairwise_choice()]
    dependent = values(legal_rows())
    free = {**{feature: ["no", "yes"] for feature in FEATURES}, "names": sorted(NAMES)}
    assert values(rows) == dependent | free

    for (one, its), (other, others) in combinations((dependent | free).items(), 2):
        for choices in product(((one, value) for value in its), ((other, v) for v in others)):
            legal = {one, other} & free.keys() or held(legal_rows(), *choices)
            assert held(rows, *choices) == bool(legal), choices


def test_it_is_few_of_what_goes_together_and_the_same_each_time() -> None:
    rows = [chosen.row for chosen in pairwise_choice()]
    dependent = legal_rows()[0].keys()
    assert all({name: row[name] for name in dependent} in legal_rows() for row in rows)
    assert 12 <= len(rows) <= 24 < len(legal_rows())
    pairwise_choice.cache_clear()
    assert [chosen.row for chosen in pairwise_choice()] == rows


def test_each_choice_is_in_fewer_of_them() -> None:
    pairs, few = pairwise_choice(), each_choice()
    assert values([chosen.row for chosen in few]) == values([chosen.row for chosen in pairs])
    assert few[0] == pairs[0] == Chosen(few[0].row | {"wiring": "depends", "server": "postgresql"})
    assert few[0].features == []
    assert len(few) < len(pairs) / 2
    assert all(chosen in pairs for chosen in few)


@pytest.mark.parametrize("missing", range(4))
def test_no_row_is_there_in_vain(missing: int) -> None:
    legal = [{"a": "1", "b": "1"}, {"a": "1", "b": "2"}, {"a": "2", "b": "1"}]
    free = {"c": ("x", "y")}
    rows = pairwise(legal, free)
    wanted = [
        {"a": "1", "b": "2"},
        {"a": "2", "b": "1"},
        {"b": "2", "c": "y"},
        {"a": "2", "c": "x"},
    ]
    assert held(rows, *wanted[missing].items())
    assert not held(rows, ("a", "2"), ("b", "2"))
    assert len(rows) < len(legal) * 2


def test_all_are_all() -> None:
    rows = [chosen.row for chosen in full_choice()]
    for row in legal_rows():
        if row["models"] == "sqlalchemy":
            assert sum(row.items() <= whole.items() for whole in rows) >= 2
    of_pairs = [chosen.row for chosen in pairwise_choice()]
    assert [row for row in of_pairs if row["models"] == "sqlmodel" and row not in rows] == []
    assert any(row["models"] == "sqlmodel" for row in of_pairs)
    assert {chosen.options["with"] for chosen in full_choice()} >= {"", *FEATURES}
    assert len({str(Chosen(row)) for row in rows}) == len(rows)
