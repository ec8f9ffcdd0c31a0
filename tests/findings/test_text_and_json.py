"""Findings as text for a person and as data."""

import json
import unicodedata
from collections import Counter
from dataclasses import replace
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from async_db.findings import FORMATS, Finding, as_json, as_text, baseline_text, format_findings
from helpers.findings import FOUND, HOSTILE, READ, REVIEW, RULE, any_findings

# Text


def test_text_reads_as_documented() -> None:
    again = replace(FOUND, test="tests/test_orders.py::test_refused", evidence=("not told",))

    assert as_text([READ, again, REVIEW, FOUND]) == (
        "engine/one-per-process          1 review               1 place\n"
        "session/commit-before-response  1 proven, 1 suspected  2 places\n"
        "\n"
        "engine/one-per-process\n"
        "\n"
        "  app/db.py:3  review\n"
        "    Two engines.\n"
        "    -> Keep one.\n"
        "\n"
        "session/commit-before-response\n"
        "\n"
        "  app/api/orders.py:42  proven\n"
        "    POST /orders/{id} in 2 tests, such as tests/test_orders.py::test_create\n"
        "    The response was sent before the commit.\n"
        '    -> Give the dependency `scope="function"`.\n'
        "      | response.start 201\n"
        "      | commit\n"
        "\n"
        "  app/api/users.py:7  suspected\n"
        "    It may commit late.\n"
        "    -> Look at it.\n"
    )


def test_text_says_when_there_is_nothing() -> None:
    assert as_text([]) == "No findings.\n"


def test_text_names_a_test_where_no_route_is_known() -> None:
    assert "    met in a::b\n" in as_text([replace(FOUND, route="", test="a::b")])


def test_text_fits_the_terminal_and_cuts_long_evidence() -> None:
    statement = "SELECT  a,\n" + "column, " * 500
    lines = as_text(
        [replace(FOUND, message="word " * 100, advice="do " * 100, evidence=(statement, "x" * 900))]
    ).splitlines()

    assert max(map(len, lines)) <= 100
    evidence = [line for line in lines if line.startswith("      |")]
    assert len(evidence) == 1 + 4 + 4
    assert evidence[0] == "      | SELECT  a,"
    assert evidence[4].endswith(" …")


def test_text_keeps_a_long_path_whole() -> None:
    path = "a-long-folder/" * 12 + "x.py"

    assert f"  {path}:42  proven\n" in as_text([replace(FOUND, path=path)])


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
    common = {"rule": RULE, "advice": "Look at it."}

    assert json.loads(as_json([READ, FOUND])) == {
        "schema_version": 1,
        "findings": [
            {
                "rule": RULE,
                "grade": "proven",
                "path": "app/api/orders.py",
                "line": 42,
                "message": "The response was sent before the commit.",
                "advice": 'Give the dependency `scope="function"`.',
                "test": "tests/test_orders.py::test_create",
                "route": "POST /orders/{id}",
                "evidence": ["response.start 201", "commit"],
            },
            {
                **common,
                "grade": "suspected",
                "path": "app/api/users.py",
                "line": 7,
                "message": "It may commit late.",
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
    paths = Counter(finding["path"] for finding in told_back)
    assert paths == Counter(
        finding.path.encode("utf-8", "backslashreplace").decode() for finding in findings
    )


@given(any_findings, st.randoms(use_true_random=False))
def test_the_order_of_findings_changes_no_form(findings: list[Finding], random: Any) -> None:
    shuffled = list(findings)
    random.shuffle(shuffled)

    for form in FORMATS:
        assert format_findings(shuffled, form, tool="t", rules={}) == format_findings(
            findings, form, tool="t", rules={}
        )
    assert baseline_text(shuffled) == baseline_text(findings)
