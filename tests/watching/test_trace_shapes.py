"""Traces have one shape if and only if all detectors see the same in them."""

import pytest

from async_db.traces import Event
from async_db.watching.served_request import ServedRequest
from async_db.watching.trace_shapes import SilentShapes, shape_of

EVENTS = (
    Event("checkout", 1.0, 7, task=3, pool=2, connection=5, source="app.py:4"),
    Event("statement", 1.1, 7, task=3, connection=5, session=9, detail="select 1", asked=11),
    Event("response.start", 1.2, 7, task=4, detail="200"),
)


def served(**changes: object) -> ServedRequest:
    known: dict[str, object] = {"events": list(EVENTS), "pools": {2: 5}, "parents": {3: None, 4: 3}}
    return ServedRequest("", **{**known, **changes})  # type: ignore[arg-type] # any field


def shape(route: str = "GET /", place: str = "app.py:3", **changes: object) -> int | None:
    return shape_of(route, place, served(**changes))


# The same with other numbers, later, and with another question.
ALIKE = ServedRequest(
    "",
    events=[
        EVENTS[0]._replace(at=5.0, request=8, task=13, pool=12, connection=15),
        EVENTS[1]._replace(at=6.0, request=8, task=13, connection=15, session=19, asked=12),
        EVENTS[2]._replace(at=9.0, request=8, task=14),
    ],
    pools={12: 5},
    parents={13: None, 14: 13},
)


def test_numbers_times_and_questions_make_no_other_shape() -> None:
    assert shape() == shape_of("GET /", "app.py:3", ALIKE) is not None


@pytest.mark.parametrize(
    "change",
    [
        *({"kind": "load"}, {"detail": "select 2"}, {"source": "app.py:5"}, {"writes": True}),
        *({"sync": True}, {"task": 4}, {"pool": 2}, {"connection": 6}, {"session": None}),
    ],
    ids=str,
)
def test_what_a_detector_looks_at_makes_another_shape(change: dict[str, object]) -> None:
    changed = [EVENTS[0], EVENTS[1]._replace(**change), EVENTS[2]]  # type: ignore[arg-type] # any field
    assert shape(events=changed) != shape()


@pytest.mark.parametrize(
    "change",
    [
        *({"route": "GET /a"}, {"place": "app.py:9"}, {"pools": {}}),
        *({"parents": {3: None, 4: None}}, {"ended": {3: 2}}),
    ],
    ids=str,
)
def test_so_does_what_is_known_of_the_request(change: dict[str, object]) -> None:
    assert shape(**change) != shape()  # type: ignore[arg-type] # as above


@pytest.mark.parametrize(
    "change",
    [{"foreign": {9}}, {"shared": {9: "app.py:1"}}, {"events": []}],
    ids=str,
)
def test_what_is_not_of_the_request_alone_has_no_shape(change: dict[str, object]) -> None:
    assert shape(**change) is None  # type: ignore[arg-type] # as above


def test_what_has_no_shape_is_never_known() -> None:
    silent = SilentShapes()
    silent.add(None)
    silent.add(shape())
    assert silent.knows(shape_of("GET /", "app.py:3", ALIKE))
    assert not silent.knows(None)
