"""What is counted of the answers, and how it is told."""

import json

from async_db.faults import Answer, Left, Result, Verdict, json_report, remarks, table_rows
from helpers.outcomes import (
    ALIVE,
    CUT,
    LOST,
    MISLED,
    REFUSED,
    SILENT,
    STORED,
    TOLD_TO_WAIT,
    UNKNOWN,
    WRONG,
    outcome,
)

ALL = outcome(STORED, LOST, TOLD_TO_WAIT, MISLED, UNKNOWN, WRONG, CUT, SILENT, REFUSED, ALIVE)
BROKEN = Result("deadlock", "postgresql", Verdict(("it broke", "twice")), ALL, seconds=1.234)
NOT_RUN = Result("locked-row", "sqlite", not_run="no row can be locked")


def test_each_ending_counts_once() -> None:
    assert (ALL.sent, ALL.acknowledged, ALL.lost, ALL.misled) == (9, 2, 1, 1)
    assert (ALL.unknown, ALL.wrong, ALL.unanswered) == (1, 1, 2)
    assert ALL.counts == {
        "201": 2,
        "204": 1,
        "500": 1,
        "500 unknown": 1,
        "503": 2,
        "cut": 1,
        "refused": 1,
        "silent": 1,
    }


def test_what_does_not_write_is_neither_acknowledged_nor_lost() -> None:
    read = Answer("list", status=200)
    assert (outcome(read).acknowledged, outcome(read).lost) == (0, 0)


def test_the_slowest_answer_is_told() -> None:
    assert outcome(Answer("list", seconds=0.5), Answer("list", seconds=2.5)).slowest == 2.5
    assert outcome().slowest == 0.0


def test_what_was_left_is_told() -> None:
    assert str(Left()) == "nothing"
    assert str(Left(connections=3, processes=1)) == "3 connections, 1 processes"


def test_the_table_has_a_row_for_each_and_no_number_where_nothing_was_run() -> None:
    header, broken, not_run = table_rows([BROKEN, NOT_RUN])
    assert len(header) == len(broken) == len(not_run)
    # Who only asks whether it lives is not counted.
    assert broken[:6] == ["deadlock", "PostgreSQL", "broken", "8", "2", "1"]
    assert not_run[:4] == ["locked-row", "SQLite", "not run", "–"]


def test_what_came_out_alike_is_one_row() -> None:
    held = outcome(STORED, Answer("create", status=201, stored=True, seconds=0.5))
    same = [
        Result("deadlock", "postgresql", outcome=held, wiring=wiring)
        for wiring in ("depends", "depends", "manager")
    ]
    other = Result("deadlock", "postgresql", Verdict(("it broke",)), ALL, wiring="manager")
    header, row = table_rows(same)
    assert header[:5] == ["fault", "database", "wiring", "verdict", "sent"]
    assert row[2:8] == ["depends, manager", "held", "6", "6", "0", "6 x 201"]
    assert row[8:] == ["0.5 s", "nothing"]

    _, first, second = table_rows([*same, other])
    assert first[2:5] == ["depends", "held", "4"]
    assert second[2:5] == ["manager", "broken, 1 of 2", "10"]
    assert remarks([*same, other, other]) == ["- deadlock on PostgreSQL, manager: it broke"]


def test_what_is_wrong_is_told_below() -> None:
    assert remarks([BROKEN, NOT_RUN]) == [
        "- deadlock on PostgreSQL: it broke; twice",
        "- locked-row on SQLite: not run: no row can be locked",
    ]
    assert remarks([Result("deadlock", "postgresql", outcome=ALL)]) == []


def test_json_has_all_of_it() -> None:
    report = json.loads(json_report([BROKEN, NOT_RUN]))
    assert report["schema_version"] == 1
    broken, not_run = report["faults"]
    assert broken["reasons"] == ["it broke", "twice"]
    assert (broken["sent"], broken["lost"], broken["misled"]) == (9, 1, 1)
    assert broken["answered"]["live"] == {"204": 1}
    assert not_run["verdict"] == "not run"
    assert not_run["not_run"] == "no row can be locked"
