"""What is kept of a long request, to be drawn: what was found in it, above all."""

import pytest

from async_db.findings import Finding
from async_db.pages import Gallery, Shown, as_json, from_json, observe_page
from async_db.traces import MOST_EVENTS, Event, Task, Trace, cut

LONG = 3_000


def long_trace() -> Trace:
    reads = (
        Event("statement", at / 1_000, 1, connection=1, detail=f"select {at}")
        for at in range(1, LONG)
    )
    held = Event("checkout", 0.0, 1, connection=1)
    return Trace(1, "GET /x", "", (held, *reads, Event("request.end", LONG / 1_000, 1)))


@pytest.mark.parametrize("moment", [0, 5, 399, 400, 1_500, LONG - 1, LONG])
def test_a_moment_is_kept_wherever_it_is_with_what_is_around_it(moment: int) -> None:
    trace = long_trace()
    kept, where = cut(trace, [moment])
    assert len(kept.events) == MOST_EVENTS
    assert kept.events[where[moment]] is trace.events[moment]
    for near in range(max(0, moment - 5), min(LONG, moment + 5) + 1):
        assert trace.events[near] in kept.events
    assert kept.cut == len(trace.events) - MOST_EVENTS
    assert (kept.events[0], kept.events[-1]) == (trace.events[0], trace.events[-1])
    assert [*kept.events] == sorted(kept.events, key=lambda event: event.at)


def test_of_more_moments_than_can_be_kept_the_first_are() -> None:
    kept, where = cut(long_trace(), range(0, LONG, 2))
    assert len(kept.events) == len(where) == MOST_EVENTS
    assert max(where) == 2 * (MOST_EVENTS - 1)


def test_a_short_one_is_kept_whole_and_a_moment_that_is_none_is_not() -> None:
    trace = Trace(1, "GET /x", "", (Event("request.end", 0.0, 1),))
    assert cut(trace, [-1, 0, 7]) == (trace, {0: 0})


def test_a_task_has_ended_before_what_is_left() -> None:
    trace = Trace(1, "GET /x", "", long_trace().events, tasks=(Task(1, None, 2_000), Task(2)))
    kept, where = cut(trace, [2_000])
    assert kept.tasks == (Task(1, None, where[2_000]), Task(2))


def test_the_page_shows_the_moment_of_a_late_finding_and_says_what_it_left_out() -> None:
    late = Finding("a/b", "proven", "a.py", 1, "It is so.", "Do it.", route="GET /x", event=2_500)
    first = Gallery()
    first.add(long_trace(), [late])
    gallery = Gallery()  # as one process hands it to another
    for trace, findings in from_json(as_json(first.shown())):
        gallery.add(trace, findings)
    (shown,) = gallery.shown()
    assert isinstance(shown, Shown)
    assert shown.trace.events[shown.findings[0].event].detail == "select 2500"

    page = observe_page([late], [shown], requests=1, claims={})

    assert "2,601 of 3,001 events are left out" in page
    assert "select 2500" in page
