"""The page of observe as text: whole, escaped, of one file, the same for the same input."""

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from async_db.findings import Finding
from async_db.pages import Shown, observe_page
from helpers.html import assert_harmless, read, words_of
from helpers.page_traces import (
    FINDING,
    GOOD,
    HOSTILE,
    LATE,
    RULE,
    event,
    hostile_trace,
    trace,
)


def observed(*shown: Shown, findings: Sequence[Finding] = (), requests: int = 3) -> str:
    return observe_page(
        findings, shown, requests=requests, claims={RULE: "Commit before the `response`."}
    )


def test_an_empty_run_says_so() -> None:
    page = observed(requests=0)
    assert "No request was watched" in words_of(page)
    assert_harmless(page)


def test_a_run_without_findings_says_so() -> None:
    assert "Nothing was found" in words_of(observed(Shown(GOOD)))


def test_a_request_is_shown_with_all_that_is_known_of_it() -> None:
    page = observed(Shown(LATE, (FINDING,), "offending"), findings=[FINDING])
    words = words_of(page)

    assert_harmless(page)
    for expected in (
        "Commit before the response .",
        "commits late",
        "commit before",
        "app/db.py:7",
        "POST /orders",
        "test_a",
        "answers 201, all done after 5.00 ms",
        "commits 1.00 ms after the response began",
        "connection 1: INSERT INTO orders VALUES (1)",
        "app/repository.py:12",
        "7 events in order",
    ):
        assert expected in words, expected


def test_findings_lead_to_the_pictures_of_the_same_request_only() -> None:
    other = Finding(RULE, "proven", "app/db.py", 9, "commits late", "commit before", "test_b")
    page = observed(Shown(GOOD), Shown(LATE, (FINDING,), "offending"), findings=[FINDING, other])
    links = [attributes["href"] for tag, attributes in read(page).tags if tag == "a"]
    assert links == ["#request-1"]  # the offending ones come first


def test_a_place_is_one_card_with_its_line_and_all_routes() -> None:
    here = replace(FINDING, code="session.commit()", function="get_session", requests=2)
    there = replace(here, route="PUT /orders", test="tests/test_b.py::test_b")
    words = words_of(observed(findings=[here, there]))

    assert words.count("session.commit()") == 1
    assert "app/db.py:7 in get_session" in words
    assert "4 requests on 2 routes: POST /orders, PUT /orders" in words
    assert "seen in test_a, test_b.py::test_b" in words


def test_what_is_known_or_allowed_is_said_to_be() -> None:
    words = words_of(observed(Shown(LATE, (FINDING,), "offending")))
    assert "Nothing new was found" in words
    assert "finding 1, known or allowed" in words


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"working": frozenset({1})}, "a task that goes on has it"),
        ({}, "the tests took it"),
        ({"cut": 7}, "not all that happened is kept"),
    ],
)
def test_a_connection_that_is_held_without_a_finding_is_explained(
    changed: dict[str, Any], why: str
) -> None:
    held = trace(event("checkout", 0), event("request.end", 2))
    page = observed(Shown(replace(held, **changed)))
    words = words_of(page)

    assert "Still held at the end, which is no finding: connection 1;" in words
    assert why in words
    assert "held kept" not in page.partition("id=requests")[2].partition("</details>")[2]
    blamed = replace(FINDING, event=0)
    red = observed(Shown(replace(held, **changed), (blamed,), "offending"), findings=[blamed])
    assert "Still held at the end" not in words_of(red)


@pytest.mark.parametrize("words", HOSTILE)
def test_nothing_of_a_service_becomes_part_of_the_observe_page(words: str) -> None:
    finding = Finding(words, "review", words, 1, words, words, words, words, (words,))
    page = observe_page(
        [finding],
        [Shown(hostile_trace(words), (finding,), "offending")],
        requests=1,
        claims={words: words},
        title=words,
    )
    assert_harmless(page)


@settings(max_examples=40)
@given(st.text(max_size=60))
def test_no_text_becomes_part_of_the_page(words: str) -> None:
    finding = Finding(words, "proven", words, 1, words, words, words, words)
    assert_harmless(
        observe_page([finding], [Shown(hostile_trace(words), (finding,))], requests=1, claims={})
    )


def test_what_cannot_be_seen_is_shown() -> None:
    words = words_of(observed(Shown(hostile_trace("a\x1b[31m\u202eb"))))
    assert r"a\x1b[31m\u202eb" in words


def test_the_order_of_requests_within_a_route_does_not_matter() -> None:
    one, two = Shown(LATE, (FINDING,), "offending"), Shown(GOOD)
    assert observed(one, two, findings=[FINDING]) == observed(two, one, findings=[FINDING])


def test_a_page_lets_nothing_run_but_its_own_script() -> None:
    policies = [
        attributes["content"] or ""
        for tag, attributes in read(observed(requests=0)).tags
        if attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    assert len(policies) == 1
    assert policies[0].startswith("default-src 'none';")
    assert "unsafe" not in policies[0]


def test_the_pages_need_nothing_that_is_installed(root: Path) -> None:
    """What watches a service runs in its environment, whatever that has."""
    code = "import sys; sys.path.insert(0, sys.argv[1]); import async_db.pages; from async_db.proving import evidence_page"
    subprocess.run(  # noqa: S603 (this very Python)
        [sys.executable, "-I", "-S", "-c", code, str(root / "scripts")], check=True, timeout=60
    )
