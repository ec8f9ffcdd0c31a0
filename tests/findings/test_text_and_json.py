"""Findings as text for a person and as data."""

import json
import re
import unicodedata
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from async_db.findings import (
    FORMATS,
    Finding,
    Grade,
    as_json,
    as_text,
    baseline_text,
    fingerprint,
    format_findings,
)
from async_db.findings.text_format import MOST_CHARACTERS, MOST_LINES
from helpers.findings import FOUND, HOSTILE, READ, REVIEW, RULE, any_findings

# Text


def test_text_reads_as_documented() -> None:
    again = replace(FOUND, test="tests/test_orders.py::test_refused", evidence=("not told",))
    below = replace(FOUND, line=50, route="", test="", requests=0, evidence=())

    assert as_text([READ, again, REVIEW, below, FOUND], watched=7) == (
        "7 requests watched, findings: 2 proven, 1 suspected, 1 review\n"
        "\n"
        "proven  session/commit-before-response\n"
        "  The response was sent before the commit.\n"
        '  -> Give the dependency `scope="function"`.\n'
        "    app/api/orders.py:42 in get_session\n"
        "      | session.commit()\n"
        "      2 requests on POST /orders/{id}\n"
        "      seen in test_orders.py::test_create, test_orders.py::test_refused\n"
        "      POST /orders/{id}\n"
        "        | response.start 201\n"
        "        | commit\n"
        "    app/api/orders.py:50 in get_session\n"
        "      | session.commit()\n"
        "\n"
        "suspected  session/commit-before-response\n"
        "  It may commit late.\n"
        "  -> Look at it.\n"
        "    app/api/users.py:7\n"
        "\n"
        "review  engine/one-per-process\n"
        "  Two engines.\n"
        "  -> Keep one.\n"
        "    app/db.py:3\n"
    )


def test_text_says_when_there_is_nothing() -> None:
    assert as_text([]) == "findings: none\n"


def test_text_names_a_test_where_no_route_is_known() -> None:
    assert "      seen in a::b\n" in as_text([replace(FOUND, route="", test="a::b")])


def test_text_fits_the_terminal_and_cuts_long_evidence() -> None:
    statement = "SELECT  a,\n" + "column, " * 500
    long = replace(FOUND, message="word " * 100, advice="do " * 100, code="x + " * 100)
    lines = as_text([replace(long, evidence=(statement, "x" * 900))]).splitlines()

    assert max(map(len, lines)) <= 100
    first = lines.index("        | SELECT  a,")
    assert len(lines[first:]) == 1 + 4 + 4
    assert lines[first + 4].endswith(" …")
    assert next(line for line in lines if line.startswith("      | x + x")).endswith(" …")


def test_text_keeps_a_long_path_whole() -> None:
    path = "a-long-folder/" * 12 + "x.py"

    assert f"    {path}:42" in as_text([replace(FOUND, path=path)])


def many(count: int) -> list[Finding]:
    """Give findings of three rules, each of another grade and at another place."""
    kinds: list[tuple[str, Grade]] = [("a/common", "proven"), ("b/rare", "proven")]
    kinds.append(("c/unsure", "review"))
    return [
        replace(
            FOUND,
            rule=rule,
            grade=grade,
            line=number,
            route=f"GET /{number}",
            test="tests/test_long_names.py::" + "x" * 200,
        )
        for number in range(count)
        for rule, grade in [kinds[1 if number == 7 else 2 if number % 5 == 0 else 0]]
    ]


@pytest.mark.parametrize("count", [1, 30, 500])
def test_the_first_screen_is_bounded_and_counts_what_it_leaves_out(count: int) -> None:
    text = as_text(many(count), everything=False, option="--observe-all")

    assert len(text.splitlines()) <= MOST_LINES
    assert len(text) <= MOST_CHARACTERS
    shown = text.count(f"    {FOUND.path}:")
    left_out = re.search(r"Not shown: (\d+) proven(?:, (\d+) review)?", text.replace("\n", " "))
    assert shown + sum(map(int, filter(None, left_out.groups())) if left_out else ()) == count
    assert ("--observe-all" in text) == (count > 1)
    assert ("b/rare" in text) == (count > 1)  # of each rule one before all of one
    assert as_text(many(count)).count(f"    {FOUND.path}:") == count


def test_what_one_target_says_does_not_fill_the_first_screen() -> None:
    hostile = replace(
        FOUND,
        path="p" * 9_000,
        message="m " * 9_000,
        advice="a" * 9_000,
        code="c" * 9_000,
        route="r" * 9_000,
        test="t" * 9_000,
    )
    text = as_text([hostile, READ], everything=False)

    assert len(text.splitlines()) <= MOST_LINES
    assert len(text) <= MOST_CHARACTERS
    assert "app/api/users.py:7" in text or "Not shown" in text


@given(any_findings)
@example([replace(FOUND, path=hostile, rule=hostile, message=hostile) for hostile in HOSTILE])
def test_text_holds_nothing_that_a_terminal_or_runner_obeys(findings: list[Finding]) -> None:
    text = as_text(findings)

    obeyed = {c for c in text if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"}}
    assert obeyed <= {"\n"}
    assert not [line for line in text.split("\n") if line.lstrip().startswith("::")]
    assert "##[" not in text


# JSON


def test_json_has_the_form_that_is_documented() -> None:
    again = replace(FOUND, test="tests/test_orders.py::test_refused", evidence=("not told",))
    late = replace(again, route="PUT /orders/{id}", grade="suspected", requests=5)

    assert json.loads(as_json([READ, late, again, FOUND], watched=9)) == {
        "schema_version": 2,
        "notices": [],
        "requests": 9,
        "findings": [
            {
                "fingerprint": fingerprint(FOUND),
                "rule": RULE,
                "grade": "proven",
                "path": "app/api/orders.py",
                "line": 42,
                "function": "get_session",
                "code": "session.commit()",
                "message": "The response was sent before the commit.",
                "advice": 'Give the dependency `scope="function"`.',
                "requests": 7,
                "seen": [
                    {
                        "route": "POST /orders/{id}",
                        "grade": "proven",
                        "message": "The response was sent before the commit.",
                        "requests": 2,
                        "tests": [
                            "tests/test_orders.py::test_create",
                            "tests/test_orders.py::test_refused",
                        ],
                        "evidence": ["response.start 201", "commit"],
                    },
                    {
                        "route": "PUT /orders/{id}",
                        "grade": "suspected",
                        "message": "The response was sent before the commit.",
                        "requests": 5,
                        "tests": ["tests/test_orders.py::test_refused"],
                        "evidence": ["not told"],
                    },
                ],
            },
            {
                "fingerprint": fingerprint(READ),
                "rule": RULE,
                "grade": "suspected",
                "path": "app/api/users.py",
                "line": 7,
                "function": "",
                "code": "",
                "message": "It may commit late.",
                "advice": "Look at it.",
            },
        ],
    }


@given(any_findings)
@example([replace(FOUND, path=hostile) for hostile in HOSTILE])
def test_json_parses_back_anywhere(findings: list[Finding]) -> None:
    text = as_json(findings)

    assert text.isascii()
    told_back = json.loads(text)["findings"]
    # A lone surrogate in it would be refused by other parsers than Python's.
    assert json.dumps(told_back, ensure_ascii=False).encode("utf-8")
    paths = {finding["path"] for finding in told_back}
    assert paths == {
        finding.path.encode("utf-8", "backslashreplace").decode() for finding in findings
    }


@given(any_findings, st.randoms(use_true_random=False))
def test_the_order_of_findings_changes_no_form(findings: list[Finding], random: Any) -> None:
    shuffled = list(findings)
    random.shuffle(shuffled)

    for form in FORMATS:
        assert format_findings(shuffled, form, tool="t", rules={}) == format_findings(
            findings, form, tool="t", rules={}
        )
    assert baseline_text(shuffled) == baseline_text(findings)
