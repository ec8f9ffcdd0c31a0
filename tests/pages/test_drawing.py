"""Pictures and the words in them: named, trimmed, on a scale that keeps order."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from async_db.pages import (
    MAX_DRAWN,
    MAX_LISTED,
    figure,
    milliseconds,
    prose,
    scale_of,
    shortened,
    timeline_of,
)
from helpers.html import read
from helpers.page_traces import LATE, event


def test_every_picture_has_a_name_and_a_list() -> None:
    reader = read(figure(timeline_of(LATE.events), "POST /orders"))
    (picture,) = (attributes for tag, attributes in reader.tags if tag == "svg")
    assert picture["role"] == "img"
    assert "commits 1.00 ms after the response began" in (picture["aria-label"] or "")
    assert [tag for tag, _ in reader.tags].count("li") == len(LATE.events)


def test_a_crowded_picture_says_what_it_leaves_out() -> None:
    events = [event("checkout", 0)]
    for number in range(2000):
        events += [
            event("statement", 1 + number, f"SELECT {number}"),
            event("executed", 1.5 + number),
        ]
    events += [event("response.start", 3000, "200"), event("commit", 3001)]
    html = figure(timeline_of(events), "GET /orders")
    reader = read(html)
    drawn = [tag for tag, attributes in reader.tags if tag in {"rect", "use"}]
    words = " ".join(reader.words)

    assert len(drawn) <= MAX_DRAWN + 1  # and what is behind them
    assert "Not drawn" in words
    assert html.count("#i-commit") == 1  # the most telling is never left out
    assert [tag for tag, _ in reader.tags].count("li") == MAX_LISTED + 1
    assert "events not listed" in words
    assert "SELECT 1999" in words
    assert len(html) < 60_000


def test_a_long_stretch_without_events_is_drawn_shorter() -> None:
    timeline = timeline_of(
        [event("checkout", 0), event("statement", 1), event("executed", 2), event("commit", 500)]
    )
    scale = scale_of([timeline])
    assert scale.gaps == ((2.0, 500.0),)
    assert scale(0) == 0
    assert scale(500) == 100
    assert scale(2) > 80


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=30))
def test_a_scale_keeps_order_and_stays_inside(times: list[float]) -> None:
    timeline = timeline_of([event("statement", at) for at in sorted(times)])
    scale = scale_of([timeline])
    places = [scale(line.at) for line in timeline.lines]
    assert all(0 <= place <= 100 for place in places)
    assert places == pytest.approx(sorted(places), abs=1e-6)
    ticks = [scale(tick) for tick in scale.ticks()]
    assert ticks
    assert all(second - first >= 13.9 for first, second in pairwise(ticks))


@pytest.mark.parametrize(
    ("value", "said"),
    [(0, "0.00 ms"), (9.994, "9.99 ms"), (14.14, "14.1 ms"), (214, "214 ms"), (1200, "1.20 s")],
)
def test_durations_are_told_in_three_digits(value: float, said: str) -> None:
    assert milliseconds(value) == said


def test_text_is_shortened_and_put_on_one_line() -> None:
    assert shortened("a\n  b", 10) == "a b"
    assert shortened("x" * 20, 10) == "x" * 9 + "…"
    assert len(shortened("\x00" * 50_000, 100)) == 100


def test_what_is_in_backticks_is_code() -> None:
    assert prose("use `a < b` now") == "use <code>a &lt; b</code> now"
