"""Events laid out along one axis: what each picture of a request is drawn from."""

from itertools import pairwise
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from async_db.pages import Bar, Lane, Timeline, short, timeline_of
from async_db.traces import Event, Kind

KINDS: tuple[Kind, ...] = get_args(Kind)
SMALL = st.none() | st.integers(1, 3)
EVENTS = st.lists(
    st.builds(
        Event,
        kind=st.sampled_from(KINDS),
        at=st.floats(0, 100, allow_nan=False),
        request=st.none() | st.just(1),
        task=SMALL,
        pool=SMALL,
        connection=SMALL,
        session=SMALL,
        detail=st.text(max_size=30),
        writes=st.booleans(),
    ),
    max_size=60,
)


def happened(*steps: tuple[Kind, float] | tuple[Kind, float, str]) -> list[Event]:
    """Give events of one request, connection and session from kinds, milliseconds and details."""
    connected = {"checkout", "checkin", "begin", "statement", "executed", "commit", "rollback"}
    return [
        Event(
            kind,
            100 + at / 1000,
            request=1,
            task=1,
            connection=1 if kind in connected else None,
            session=1 if kind.startswith("unit") or kind in {"statement", "flush"} else None,
            detail=detail[0] if detail else "",
        )
        for kind, at, *detail in steps
    ]


def lane(timeline: Timeline, kind: str) -> Lane:
    return next(each for each in timeline.lanes if each.kind == kind)


def span(bar: Bar) -> tuple[float, float]:
    return round(bar.start, 6), round(bar.end, 6)


LATE = happened(
    ("checkout", 0),
    ("begin", 1),
    ("statement", 2, "INSERT INTO orders (id) VALUES (1)"),
    ("executed", 2.5),
    ("response.start", 4, "201"),
    ("response.end", 4.5),
    ("commit", 6),
    ("unit.commit", 6.1),
    ("checkin", 7),
    ("request.end", 8),
)


def test_nothing_is_a_timeline_too() -> None:
    assert timeline_of([]) == Timeline(0.0, None, "", (), ())


def test_a_late_commit_lies_after_the_response() -> None:
    timeline = timeline_of(LATE)

    assert timeline.response == pytest.approx(4)
    assert timeline.status == "201"
    assert timeline.length == pytest.approx(8)
    (late,) = timeline.late()
    assert (late.kind, round(late.at, 6)) == ("commit", 6)
    assert [line.after for line in timeline.lines] == [False] * 5 + [True] * 5


def test_a_commit_before_the_response_is_not_late() -> None:
    assert timeline_of(happened(("commit", 1), ("response.start", 2, "200"))).late() == ()


def test_what_only_sessions_commit_is_late_too() -> None:
    """As under a test's outer transaction, in which the database never hears of a commit."""
    timeline = timeline_of(happened(("response.start", 1, "200"), ("unit.commit", 2)))
    assert [mark.kind for mark in timeline.late()] == ["unit.commit"]


def test_bars_last_from_their_first_event_to_their_last() -> None:
    timeline = timeline_of(LATE)
    connection, session = lane(timeline, "connection"), lane(timeline, "session")
    request = lane(timeline, "request")

    assert [span(bar) for bar in connection.of("held")] == [(0, 7)]
    assert [(span(bar), bar.tone) for bar in connection.of("transaction")] == [
        ((1, 6), "committed")
    ]
    assert [(span(bar), bar.label) for bar in connection.of("statement")] == [
        ((2, 2.5), "INSERT orders")
    ]
    assert [(span(bar), bar.tone) for bar in session.of("unit")] == [((2, 6.1), "committed")]
    assert [span(bar) for bar in request.of("request")] == [(0, 4)]
    assert [span(bar) for bar in request.of("after")] == [(4, 8)]


def test_a_statement_without_an_end_lasts_to_the_next_event_of_its_connection() -> None:
    events = happened(
        ("checkout", 0), ("statement", 1, "SELECT 1"), ("response.end", 2), ("rollback", 3)
    )
    (bar,) = lane(timeline_of(events), "connection").of("statement")
    assert span(bar) == (1, 3)
    assert bar.tone == "read"


def test_a_connection_that_is_not_given_back_is_marked() -> None:
    timeline = timeline_of(LATE[:6])
    (held,) = lane(timeline, "connection").of("held")
    assert held.unended
    assert held.label == "never given back"
    assert [each.name for each in timeline.unreturned] == ["connection 1"]


def test_a_connection_taken_before_is_for_others_to_give_back() -> None:
    """A test's outer transaction holds its connection before and after the request."""
    timeline = timeline_of(
        happened(("session", 0), ("statement", 2, "SELECT 1"), ("executed", 3), ("request.end", 4))
    )
    (held,) = lane(timeline, "connection").of("held")
    assert span(held) == (0, 4)
    assert held.began_before
    assert not timeline.unreturned


def test_turns_of_one_connection_are_bars_of_their_own() -> None:
    timeline = timeline_of(
        happened(("checkout", 0), ("checkin", 1), ("checkout", 2), ("checkin", 3), ("close", 4))
    )
    assert [span(bar) for bar in lane(timeline, "connection").of("held")] == [(0, 1), (2, 3)]


def test_giving_back_is_no_new_unit_of_work() -> None:
    events = [*LATE[:8], Event("checkin", 100.007, request=1, connection=1, session=1)]
    assert len(lane(timeline_of(events), "session").of("unit")) == 1


@pytest.mark.parametrize("ends", ["checkout", "error"])
def test_a_wait_for_a_connection_ends_with_it_or_with_an_error(ends: Kind) -> None:
    events = [
        Event("wait", 1.000, request=1, task=1, pool=1),
        Event("checkout", 1.001, request=1, task=2, pool=1, connection=1),
        Event("checkout", 1.002, request=1, task=1, pool=2, connection=2),
        Event(ends, 1.003, request=1, task=1, pool=1, connection=3),
        Event("request.end", 1.004, request=1, task=1),
    ]
    (wait,) = lane(timeline_of(events), "request").of("wait")
    assert span(wait) == (0, 3)
    assert not wait.unended


def test_waits_for_something_else_are_paired_by_task_and_by_what_it_is() -> None:
    events = [
        Event("outside.start", 1.000, task=1, detail="httpx"),
        Event("outside.start", 1.001, task=2, detail="httpx"),
        Event("outside.end", 1.002, task=2, detail="httpx"),
        Event("outside.end", 1.003, task=1, detail="httpx"),
        Event("outside.start", 1.004, task=1, detail="asyncio.sleep"),
    ]
    bars = lane(timeline_of(events), "request").of("outside")
    assert [(span(bar), bar.unended) for bar in bars] == [
        ((0, 3), False),
        ((1, 2), False),
        ((4, 4), True),
    ]


def test_events_outside_any_request_have_no_request_bar() -> None:
    timeline = timeline_of([Event("checkout", 1, connection=1), Event("checkin", 2, connection=1)])
    assert lane(timeline, "request").bars == ()
    assert timeline.response is None


@pytest.mark.parametrize(
    ("statement", "name"),
    [
        ("SELECT orders.id \nFROM shop.orders WHERE 1", "SELECT orders"),
        ('insert into "orders" (id) values (1)', "INSERT orders"),
        ("UPDATE orders SET a=1", "UPDATE orders"),
        ("DELETE FROM orders", "DELETE orders"),
        ("SAVEPOINT sa_savepoint_1", "SAVEPOINT"),
        ("SELECT 1", "SELECT"),
        ("/* hint */ SELECT 1", "/* hint */ S"),
        ("", ""),
    ],
)
def test_statements_are_named_by_verb_and_table(statement: str, name: str) -> None:
    assert short(statement) == name


# --- whatever happens -----------------------------------------------------------------------------


@given(EVENTS)
def test_every_event_is_listed_in_order(events: list[Event]) -> None:
    lines = timeline_of(events).lines
    assert [line.kind for line in lines] == [event.kind for event in events]
    assert all(first.at <= second.at for first, second in pairwise(lines))
    details = {"statement", "error", "response.start"}
    assert all(
        event.detail in line.text
        for event, line in zip(events, lines, strict=True)
        if event.kind in details
    )


@given(EVENTS)
def test_nothing_lies_outside_the_axis(events: list[Event]) -> None:
    timeline = timeline_of(events)
    for each in timeline.lanes:
        for bar in each.bars:
            assert 0 <= bar.start <= bar.end <= timeline.length
            assert 0 <= bar.first < len(events)
        for mark in each.marks:
            assert 0 <= mark.at <= timeline.length
            assert mark.kind == events[mark.index].kind
    assert timeline.response is None or 0 <= timeline.response <= timeline.length


@given(EVENTS)
def test_each_bar_begins_with_what_it_is_about(events: list[Event]) -> None:
    begun = {"transaction": "begin", "statement": "statement", "wait": "wait"}
    timeline = timeline_of(events)
    for kind, first in begun.items():
        bars = [bar for each in timeline.lanes for bar in each.bars if bar.kind == kind]
        assert all(events[bar.first].kind == first for bar in bars)
        if kind != "transaction" and all(e.connection for e in events if e.kind == "statement"):
            assert len(bars) == sum(event.kind == first for event in events)


@given(EVENTS)
def test_the_bars_of_one_connection_do_not_overlap(events: list[Event]) -> None:
    for each in timeline_of(events).lanes:
        for kind in ("held", "transaction", "statement", "unit"):
            bars = [bar for bar in each.bars if bar.kind == kind]
            assert all(first.end <= second.start for first, second in pairwise(bars))


@given(EVENTS)
def test_held_is_what_is_not_given_back(events: list[Event]) -> None:
    timeline = timeline_of(events)
    held: dict[int, bool] = {}
    for event in events:
        if event.connection and event.kind == "checkout":
            held[event.connection] = True
        elif event.connection and event.kind in {"checkin", "close"}:
            held[event.connection] = False
    assert {each.number for each in timeline.unreturned} == {
        number for number, is_held in held.items() if is_held
    }
