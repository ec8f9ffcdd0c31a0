"""When a release of FastAPI commits, compared with what the text says."""

from dataclasses import replace

import pytest
from hypothesis import given

from async_db.proving.releases.commit_order import (
    CommitOrder,
    judge_order,
    stated_orders,
)
from helpers.release_examples import (
    AFTER,
    BEFORE,
    NEWEST,
    ORDER,
    order_on,
    versions,
)

STATED = [
    ("0.105.0", AFTER, None),
    ("0.106.0", BEFORE, None),
    ("0.117.1", BEFORE, None),
    ("0.118.0", AFTER, None),
    ("0.120.4", AFTER, None),
    ("0.121.0", AFTER, BEFORE),
    ("0.165.0", AFTER, BEFORE),
]


def test_the_table_of_orders_is_read_as_it_stands() -> None:
    assert [(str(part), order) for part, order in stated_orders(ORDER.full.body)] == [
        ("FastAPI < 0.106", AFTER),
        ("FastAPI >= 0.106, < 0.118", BEFORE),
        ("FastAPI >= 0.118, < 0.121", AFTER),
        ("FastAPI >= 0.121", AFTER),
    ]


@given(versions)
def test_the_table_of_orders_has_one_row_for_each_release(version: str) -> None:
    rows = [part for part, _ in stated_orders(ORDER.full.body) if part.holds(f"0.{version}")]

    assert len(rows) == 1


@pytest.mark.parametrize(("version", "default", "function"), STATED)
def test_orders_agree_when_they_are_the_stated_ones(
    version: str, default: str, function: str | None
) -> None:
    other = {BEFORE: AFTER, AFTER: BEFORE}

    assert order_on(version, default, function).agrees
    assert not order_on(version, other[default], function).agrees
    assert not order_on(version, default, AFTER).agrees
    assert not order_on(version, default, None if function else BEFORE).agrees
    assert not order_on(version, None, function).agrees


def test_an_order_that_the_text_does_not_state_agrees_with_nothing() -> None:
    seen = {"default": AFTER, "function": BEFORE}
    twice = ORDER.full.body + "\n| >= 0.160 | commit, then response | |\n"

    for text in ("", twice):
        rule = replace(ORDER, full=replace(ORDER.full, body=text))
        order = judge_order(seen, rule, NEWEST)

        assert order == CommitOrder(AFTER, BEFORE, None, True)
        assert not order.agrees
