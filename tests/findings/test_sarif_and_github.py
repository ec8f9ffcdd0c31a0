"""Findings in the forms that code hosts read, whatever their paths hold."""

import json
from dataclasses import replace
from typing import Any
from urllib.parse import unquote_to_bytes

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from async_db.findings import Finding, as_github, as_sarif, cards, fingerprint
from helpers.findings import FOUND, HOSTILE, READ, REVIEW, RULE, any_findings, any_text


def sarif(*findings: Finding, rules: dict[str, str] | None = None) -> Any:
    return json.loads(as_sarif(findings, "audit", rules or {}))["runs"][0]


def location(path: str) -> Any:
    [result] = sarif(replace(FOUND, path=path))["results"]
    return result["locations"][0]["physicalLocation"]["artifactLocation"]


# SARIF


def test_sarif_has_the_form_that_is_documented() -> None:
    again = replace(FOUND, test="tests/test_orders.py::test_refused")
    text = as_sarif([FOUND, again], "observe", {RULE: "Commit first.", "a/unmet": "Never met."})

    assert json.loads(text) == {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "observe",
                        "rules": [
                            {
                                "id": "a/unmet",
                                "shortDescription": {"text": "Never met."},
                                "help": {"text": "## unmet in references/a*.md"},
                            },
                            {
                                "id": RULE,
                                "shortDescription": {"text": "Commit first."},
                                "help": {
                                    "text": "## commit-before-response in references/session*.md"
                                },
                            },
                        ],
                    }
                },
                "results": [
                    {
                        "ruleId": RULE,
                        "ruleIndex": 1,
                        "level": "error",
                        "message": {
                            "text": "The response was sent before the commit.\n"
                            'Give the dependency `scope="function"`.'
                        },
                        "locations": [
                            {
                                "physicalLocation": {
                                    "artifactLocation": {
                                        "uri": "app/api/orders.py",
                                        "uriBaseId": "%SRCROOT%",
                                    },
                                    "region": {
                                        "startLine": 42,
                                        "snippet": {"text": "session.commit()"},
                                    },
                                }
                            }
                        ],
                        "partialFingerprints": {"asyncDbFinding/v2": fingerprint(FOUND)},
                        "properties": {
                            "grade": "proven",
                            "requests": 2,
                            "routes": ["POST /orders/{id}"],
                            "tests": [
                                "tests/test_orders.py::test_create",
                                "tests/test_orders.py::test_refused",
                            ],
                            "evidence": ["response.start 201", "commit"],
                        },
                    }
                ],
            }
        ],
    }


def test_sarif_levels_follow_the_grades() -> None:
    results = sarif(FOUND, READ, REVIEW)["results"]

    levels = {result["properties"]["grade"]: result["level"] for result in results}
    assert levels == {"proven": "error", "suspected": "warning", "review": "note"}


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("app/a b#c?d%e.py", "app/a%20b%23c%3Fd%25e.py"),
        ("app\\api\\x.py", "app/api/x.py"),
        ("a:b.py", "a%3Ab.py"),
        ("größe.py", "gr%C3%B6%C3%9Fe.py"),
        ("\udcff.py", "%FF.py"),
        ("\ud800.py", "%ED%A0%80.py"),
        ("a\n.py", "a%0A.py"),
    ],
)
def test_sarif_encodes_a_path_inside_the_project(path: str, uri: str) -> None:
    assert location(path) == {"uri": uri, "uriBaseId": "%SRCROOT%"}


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("/srv/a b.py", "file:///srv/a%20b.py"),
        ("C:\\srv\\a b.py", "file:///C:/srv/a%20b.py"),
    ],
)
def test_sarif_gives_a_path_outside_the_project_in_full(path: str, uri: str) -> None:
    assert location(path) == {"uri": uri}


@given(any_findings, st.dictionaries(any_text, any_text, max_size=2))
@example([replace(FOUND, path=hostile, rule=hostile) for hostile in HOSTILE], {})
def test_sarif_parses_back_with_its_indexes_right(
    findings: list[Finding], rules: dict[str, str]
) -> None:
    text = as_sarif(findings, "audit", rules)

    assert text.isascii()
    run = json.loads(text)["runs"][0]
    assert json.dumps(run, ensure_ascii=False).encode("utf-8")
    assert len(run["results"]) == len(cards(findings))
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        place = result["locations"][0]["physicalLocation"]
        assert place["region"]["startLine"] >= 1
        assert unquote_to_bytes(place["artifactLocation"]["uri"]) is not None
        assert set(place["artifactLocation"]["uri"]).isdisjoint(' \\"<>#?[]\n')


# GitHub


def test_github_commands_have_the_form_that_is_documented() -> None:
    title = "title=session/commit-before-response"

    assert as_github([READ, replace(FOUND, test="a::b"), REVIEW]).splitlines() == [
        (
            f"::error file=app/api/orders.py,line=42,{title}"
            "::The response was sent before the commit."
            '%0AGive the dependency `scope="function"`.%0A1 request on POST /orders/{id}'
            "%0Aseen in a::b"
        ),
        f"::warning file=app/api/users.py,line=7,{title}::It may commit late.%0ALook at it.",
        "::notice file=app/db.py,line=3,title=engine/one-per-process::Two engines.%0AKeep one.",
    ]


def test_github_properties_and_messages_are_escaped() -> None:
    finding = replace(READ, path="a:b,c%d\r\n.py", message="1%, 2::3\r\nx\x1b", advice="")

    assert as_github([finding]) == (
        "::warning file=a%3Ab%2Cc%25d%0D%0A.py,line=7,title=session/commit-before-response"
        "::1%25, 2::3%0D%0Ax\\x1b\n"
    )


@given(any_findings)
@example([replace(FOUND, path=hostile, message=hostile) for hostile in HOSTILE])
def test_github_has_exactly_one_line_for_each_finding(findings: list[Finding]) -> None:
    text = as_github(findings)

    assert text.encode("utf-8").decode() == text
    lines = text.splitlines()
    assert len(lines) == text.count("\n") == len(cards(findings))
    for line, each in zip(lines, cards(findings), strict=True):
        empty, command, message = line.split("::", 2)
        assert not empty
        _, _, properties = command.partition(" ")
        path, number, title = (part.partition("=")[2] for part in properties.split(","))
        assert number == str(max(each.line, 1))
        for escaped, whole in ((path, each.path), (title, each.rule)):
            if whole.isprintable() and "\\" not in whole:
                assert unquote_to_bytes(escaped).decode() == whole
        if each.messages[0].isprintable():
            assert unquote_to_bytes(message).decode().startswith(each.messages[0])
