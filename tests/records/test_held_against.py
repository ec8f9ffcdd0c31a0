"""A record and the files that are there."""

import pytest

from async_db.records import (
    Place,
    Record,
    RecordedCall,
    RecordedFunction,
    RecordedLoad,
    held_against,
    text_hash,
)

A, B = text_hash(b"a"), text_hash(b"b")
PLACE = Place("app/a.py", "one", (1, 0))
RECORD = Record(
    {"app/a.py": A, "tests/b.py": B},
    functions=(RecordedFunction("app/a.py", "one", 1, True),),
    calls=(
        RecordedCall("app/a.py", (1, 0), (1, 5), "one", "sqlalchemy.orm.Session.get", ""),
        RecordedCall("tests/b.py", (1, 0), (1, 5), "two", "one", "app/a.py"),
    ),
    loads=(
        RecordedLoad("Row", "app/a.py", "rows", "relationship", True, PLACE, "", "query", PLACE),
    ),
)


def test_all_is_as_it_was() -> None:
    held = held_against(RECORD, {"app/a.py": A, "tests/b.py": B, "other.py": "c"})

    assert held.record == RECORD
    assert held.stale == ()


def test_what_has_changed_is_named_and_nothing_said_of_it() -> None:
    held = held_against(RECORD, {"app/a.py": A, "tests/b.py": "changed"})

    assert held.stale == ("tests/b.py",)
    assert held.record.files == {"app/a.py": A}
    assert [each.path for each in held.record.calls] == ["app/a.py"]
    assert held.record.loads == RECORD.loads


def test_a_call_of_what_has_changed_is_not_told() -> None:
    held = held_against(RECORD, {"app/a.py": "changed", "tests/b.py": B})

    assert held.record.calls == ()
    assert held.record.loads == ()
    assert held.stale == ("app/a.py",)


def test_a_load_stays_where_only_the_query_has_changed() -> None:
    (load,) = RECORD.loads
    elsewhere = RecordedLoad(
        *("Row", "app/a.py", "rows", "relationship", True, PLACE, "", "query"),
        Place("tests/b.py", "two", (1, 0)),
    )

    held = held_against(
        Record(RECORD.files, loads=(elsewhere,)), {"app/a.py": A, "tests/b.py": "changed"}
    )

    (found,) = held.record.loads
    assert (found.read, found.made, found.made_by) == (load.read, None, "")


@pytest.mark.parametrize(
    ("paths", "moved"),
    [
        (("backend/app/a.py", "backend/tests/b.py"), "backend/app/a.py"),
        (("a.py",), "a.py"),
    ],
)
def test_a_target_above_or_below_the_folder_of_the_run(paths: tuple[str, ...], moved: str) -> None:
    held = held_against(RECORD, dict(zip(paths, (A, B), strict=False)))

    assert [each.path for each in held.record.functions] == [moved]
    assert [each.made and each.made.path for each in held.record.loads] == [moved]
    assert len(held.stale) == 2 - len(paths)


def test_line_ends_do_not_count() -> None:
    assert text_hash(b"a\r\nb\r\n") == text_hash(b"a\nb\n") != text_hash(b"a\nb")
