"""A place that Python tells, held against what is written there."""

import pytest

from async_db.records import (
    ITERATED,
    CallKind,
    Place,
    Record,
    RecordedCall,
    RecordedLoad,
    settled,
    text_hash,
)

LINES = """\
def one(db):
    assert db.get(1) == db.all() and other(db.first())
    with scope() as a, other() as b:
        use(one(a))
    return [x for x in rows() if x] + sorted(a, key=one) + list(rows())
"""
Spot = tuple[int, int]


def spots(snippet: str) -> tuple[Spot, Spot]:
    """Give where a snippet of the lines begins and ends."""
    before, found, rest = LINES.partition(snippet)
    assert found
    assert snippet not in rest
    return at(before), at(before + found)


def at(before: str) -> Spot:
    return before.count("\n") + 1, len(before.rpartition("\n")[2])


def call(
    place: tuple[Spot, Spot], callee: str, kind: CallKind = "call", via: str = ""
) -> RecordedCall:
    return RecordedCall("a.py", *place, "one", callee, "b.py", kind, via)


def settled_calls(*calls: RecordedCall, text: str = LINES) -> Record:
    return settled(Record({}, calls=calls), {"a.py": text.encode()})


def test_a_call_stays_where_it_is() -> None:
    found = call(spots("one(a)"), "one")

    assert settled_calls(found).calls == (found,)


ASSERT = spots("assert db.get(1) == db.all() and other(db.first())")
NO_END = (ASSERT[0], ASSERT[0])  # as pytest 6 says it
WITH = spots("with scope() as a, other() as b:\n        use(one(a))")
COMPREHENSION = spots("[x for x in rows() if x]")


@pytest.mark.parametrize(
    ("place", "callee", "kind", "written"),
    [
        (ASSERT, "sqlalchemy.orm.Session.get", "call", "db.get(1)"),
        (NO_END, "sqlalchemy.orm.Session.get", "call", "db.get(1)"),
        (ASSERT, "other", "call", "other(db.first())"),
        (WITH, "scope", "with", "scope()"),
        (COMPREHENSION, "rows", "for", "rows() if"),
    ],
)
def test_a_call_within_the_place_of_something_larger(
    place: tuple[Spot, Spot], callee: str, kind: CallKind, written: str
) -> None:
    start, end = spots(written)
    end = (end[0], start[1] + written.rindex(")") + 1)

    (found,) = settled_calls(call(place, callee)).calls

    assert (found.start, found.end, found.kind) == (start, end, kind)


def test_several_calls_of_one_thing_are_all_meant() -> None:
    text = (
        "def one():\n    assert client.get(1) == client.get(2)\n    assert a.get(1) == b.get(2)\n"
    )
    alike = call(((2, 4), (2, 41)), "TestClient.get")
    others = call(((3, 4), (3, 31)), "TestClient.get")

    record = settled_calls(alike, others, text=text)

    assert [each.end for each in record.calls] == [(2, 24), (2, 41)]
    assert record.problems == ("of 1 calls the place is not known exactly: they are left out",)


def test_what_could_be_several_is_left_out_and_told() -> None:
    record = settled_calls(call(ASSERT, "somebody"), call(WITH, "somebody"))

    assert record.calls == ()
    assert record.problems == ("of 2 calls the place is not known exactly: they are left out",)


@pytest.mark.parametrize(
    ("written", "callee", "given", "via"),
    [
        ("sorted(a, key=one)", "one", "", "builtins.sorted"),
        ("use(one(a))", "one", "", "use"),
        ("one(a)", "other", "", ""),  # it is called by another name
        ("one(a)", "one", "contextlib.ContextDecorator.inner", ""),
        ("one(a)", "one", "tenacity.Retrying.__call__", "tenacity.Retrying.__call__"),
    ],
)
def test_what_was_called_by_something_else(written: str, callee: str, given: str, via: str) -> None:
    (found,) = settled_calls(call(spots(written), callee, via=given)).calls

    assert found.via == via
    assert bool(Record({}, calls=(found,)).edges) == (not via)


def test_a_generator_that_a_builtin_goes_over() -> None:
    outer = spots("list(rows())")
    end = (5, outer[1][1] - 1)

    found = settled_calls(call(outer, "rows", via=ITERATED)).calls

    assert [(each.end, each.kind, each.via) for each in found] == [
        (outer[1], "call", "builtins.list"),
        (end, "for", ""),
    ]
    assert [edge.end for edge in Record({}, calls=found).edges] == [end]


def test_the_loop_of_a_query_is_what_it_goes_over() -> None:
    whole = Place("a.py", "one", COMPREHENSION[0], COMPREHENSION[1])
    load = RecordedLoad("Row", "", "rows", "relationship", True, whole, "", "query", whole)

    (found,) = settled(Record({}, loads=(load,)), {"a.py": LINES.encode()}).loads

    start = spots("rows() if")[0]
    assert found.made == found.read == Place("a.py", "one", start, (5, start[1] + 6))


def test_a_file_that_cannot_be_parsed_any_more() -> None:
    record = settled_calls(call(spots("one(a)"), "one"), text="def (")

    assert record.calls == ()
    assert record.files == {"a.py": text_hash(b"def (")}
    assert record.problems
