"""A record as a file, and what is none."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from async_db.records import (
    Place,
    Record,
    RecordedCall,
    RecordedFunction,
    RecordedLoad,
    RecordError,
    as_json,
    merged,
    parse_record,
)

spots = st.tuples(st.integers(1, 99), st.integers(0, 99))
texts = st.text(max_size=5)
places = st.builds(Place, texts, texts, spots, spots | st.none())
records = st.builds(
    Record,
    st.dictionaries(texts, texts, max_size=3),
    st.lists(
        st.builds(RecordedFunction, texts, texts, st.integers(1, 9), st.booleans()), max_size=4
    ).map(tuple),
    st.lists(
        st.builds(
            *(RecordedCall, texts, spots, spots, texts, texts, texts),
            st.sampled_from(["call", "with", "for"]),
            texts,
        ),
        max_size=4,
    ).map(tuple),
    st.lists(
        st.builds(
            *(RecordedLoad, texts, texts, texts, st.just("deferred"), st.booleans(), places),
            *(texts, st.sampled_from(["query", "constructor", ""]), places | st.none()),
        ),
        max_size=4,
    ).map(tuple),
)


@given(records)
def test_what_is_written_is_read(record: Record) -> None:
    assert parse_record(as_json(record)) == merged([record])


@given(st.lists(records, max_size=3), st.randoms())
def test_the_order_of_workers_does_not_matter(found: list[Record], random: object) -> None:
    assert merged(found).functions == merged(reversed(found)).functions
    assert merged(found).calls == merged(reversed(found)).calls
    assert merged(found).loads == merged(reversed(found)).loads


def test_one_thing_stands_on_a_line() -> None:
    record = Record({"a.py": "0"}, functions=(RecordedFunction("a.py", "one", 1, True),))

    assert '\n  {"path": "a.py", "qualname": "one", "line": 1, "direct": true}\n' in as_json(record)


@pytest.mark.parametrize(
    "text",
    [
        *("", "[]", "{}", "null", "{", '{"schema_version": 1}', "[" * 10_000),
        as_json(Record({})).replace('"schema_version": 1', '"schema_version": 2'),
        as_json(Record({})).replace('"calls": []', '"calls": [{"kind": "call"}]'),
        as_json(Record({})).replace('"files": {}', '"files": {"a.py": 1}'),
    ],
)
def test_what_is_none(text: str) -> None:
    with pytest.raises(RecordError) as raised:
        parse_record(text)

    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("field", "value"),
    [("kind", "guess"), ("start", [1]), ("end", ["1", 2]), ("path", 1), ("end", [True, 1])],
)
def test_a_call_that_is_none(field: str, value: object) -> None:
    call = RecordedCall("a.py", (1, 0), (1, 5), "one", "two", "b.py")
    whole = json.loads(as_json(Record({}, calls=(call,))))
    whole["calls"][0][field] = value

    with pytest.raises(RecordError):
        parse_record(json.dumps(whole))
