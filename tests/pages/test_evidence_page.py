"""The page of verify as text: whole, escaped, light, the same for the same input."""

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import pytest

from async_db.findings import Finding
from async_db.proving import MAX_REQUESTS, Evidence, Pair, Result, ServiceTests, evidence_page
from async_db.rules import Rule
from async_db.traces import Event, Kind, Recording
from helpers.html import assert_harmless, read, words_of
from helpers.page_traces import FINDING, GOOD, HOSTILE, LATE, RULE, event, hostile_trace, trace


def result(
    rule: str, database: str = "sqlite", refuted: bool | None = True, reason: str | None = None
) -> Result:
    return Result(rule, "depends", database, True, refuted, "seen this", 0.5, reason)


def proved(rules: Sequence[Rule], pairs: Sequence[Pair] = (), diff: str = "") -> str:
    evidence = Evidence(
        {"fastapi": "0.121"},
        tuple(result(rule.name, key) for rule in rules for key in rule.databases),
        (ServiceTests("depends", "sqlite", 3, 0, 1, 1.5),),
    )
    return evidence_page(evidence, rules, pairs, {rule.name: diff for rule in rules})


def the_rule(rules: Sequence[Rule]) -> Rule:
    return next(rule for rule in rules if rule.name == RULE)


def test_each_rule_has_its_row_its_section_and_its_counterexample(
    rules: tuple[Rule, ...], root: Path
) -> None:
    diffs = {rule.name: (root / rule.counterexample).read_text("utf-8") for rule in rules}
    evidence = Evidence({"fastapi": "0.121"}, tuple(result(rule.name) for rule in rules), ())
    page = evidence_page(evidence, rules, (), diffs)
    reader = read(page)

    assert_harmless(page)
    ids = [attributes["id"] for _, attributes in reader.tags if "id" in attributes]
    assert [rule.name for rule in rules if rule.name not in ids] == []
    words = words_of(page)
    assert "Every rule was proved on the scaffold" in words
    for rule in rules:
        assert str(rule.counterexample) in words
    assert "-SessionDep = Annotated[AsyncSession, Depends(get_session, scope=" in words


def test_the_two_courses_stand_side_by_side(rules: tuple[Rule, ...]) -> None:
    pair = Pair(RULE, "sqlite", Recording((GOOD,)), Recording((LATE,)), (FINDING,))
    page = proved([the_rule(rules)], [pair])
    words = words_of(page)

    assert_harmless(page)
    left = words.index("with the rule")
    right = words.index("without it")
    assert left < right < words.index("commits 1.00 ms after the response began")
    assert "what observe reports when it is broken proven" in words
    # PostgreSQL was tried as well, and nothing of it was recorded.
    assert "Nothing was recorded" in words


def test_a_proof_without_requests_says_so(rules: tuple[Rule, ...]) -> None:
    rule = the_rule(rules)
    outside = tuple(Event("checkout", at, connection=1) for at in (1.0, 1.001))
    empty = proved([rule], [Pair(RULE, "sqlite", Recording(), Recording())])
    drawn = proved([rule], [Pair(RULE, "sqlite", Recording(outside=outside), Recording())])

    assert "No request is served in this proof" in words_of(empty)
    assert "this is what it does to the database" in words_of(drawn)
    assert "outside any request" in words_of(drawn)
    assert "Nothing happens to the database" in words_of(drawn)


def test_the_requests_that_differ_are_drawn(rules: tuple[Rule, ...]) -> None:
    same = [trace(*GOOD.events, route=f"GET /same/{number}") for number in range(9)]
    left = [*same[:3], trace(*GOOD.events, route="GET /differs"), *same[3:]]
    right = [*same[:3], trace(*LATE.events, route="GET /differs"), *same[3:]]
    page = proved(
        [the_rule(rules)], [Pair(RULE, "sqlite", Recording(tuple(left)), Recording(tuple(right)))]
    )
    words = words_of(page)
    assert words.count("GET /differs") == 2
    assert words.count("with the rule") == MAX_REQUESTS
    assert f"Not drawn: {10 - MAX_REQUESTS} requests" in words


def test_what_did_not_go_as_stated_is_told(rules: tuple[Rule, ...]) -> None:
    rule = the_rule(rules)
    evidence = Evidence(
        {},
        (
            result(RULE, "sqlite", False, "the proof passed"),
            result(RULE, "postgresql", None, "no server"),
        ),
        (ServiceTests("depends", "sqlite", 3, 1, 0, 1.5, "test_x failed"),),
    )
    words = words_of(evidence_page(evidence, [rule], (), {}))
    for expected in (
        "2 of 2 trials did not go as stated",
        "✗ not refuted",
        "the proof passed",
        "? not refuted: not tried",
        "no server",
        "✗ 3 passed, 1 failed",
        "test_x failed",
    ):
        assert expected in words, expected


@pytest.mark.parametrize("words", HOSTILE)
def test_nothing_of_a_service_becomes_part_of_the_evidence_page(
    words: str, rules: tuple[Rule, ...]
) -> None:
    recorded = Recording((hostile_trace(words),), hostile_trace(words).events)
    finding = Finding(words, "proven", words, 1, words, words, words, words)
    evidence = Evidence(
        {words: words},
        (Result(RULE, words, "sqlite", False, None, words, 1, words),),
        (ServiceTests(words, "sqlite", 1, 1, 1, 1, words),),
    )
    page = evidence_page(
        evidence,
        [the_rule(rules)],
        [Pair(RULE, "sqlite", recorded, Recording(), (finding,))],
        {RULE: f"--- a\n+++ b\n@@ -1 +1 @@\n-{words}\n+{words}\n {words}"},
        title=words,
    )
    assert_harmless(page)


def test_sixty_rules_on_two_databases_make_a_light_page(rules: tuple[Rule, ...]) -> None:
    rule = the_rule(rules)
    many = [
        Rule(
            **{name: getattr(rule, name) for name in Rule.__dataclass_fields__}
            | {"slug": f"rule-{number}"}
        )
        for number in range(65)
    ]
    busy = trace(*_busy())
    pairs = [
        Pair(each.name, key, Recording((busy,) * 3), Recording((busy,) * 3), (FINDING,))
        for each in many
        for key in ("sqlite", "postgresql")
    ]
    diff = "\n".join(f"+line {number} of a counterexample" for number in range(30))
    page = proved(many, pairs, diff)
    assert len(page) < 3_000_000
    assert page.count("<svg class=t") == 65 * 2 * 2 * MAX_REQUESTS


def _busy() -> list[Event]:
    events = [event("session", 0), event("checkout", 0.1)]
    for number in range(5):
        events.append(
            event("statement", 1 + number, "SELECT orders.id, orders.reference, orders.note FROM o")
        )
        events.append(event("executed", 1.4 + number))
    ends: list[Kind] = ["commit", "unit.commit", "checkin", "response.start", "request.end"]
    return events + [event(kind, 8 + number, "200") for number, kind in enumerate(ends)]


def test_the_same_evidence_gives_the_same_page(rules: tuple[Rule, ...]) -> None:
    pair = Pair(RULE, "sqlite", Recording((GOOD,)), Recording((LATE,)))
    other = Pair(RULE, "postgresql", Recording((GOOD,)), Recording((LATE,)))
    rule = the_rule(rules)
    assert proved([rule], [pair, other]) == proved([rule], [other, pair])
    assert rule.counterexample == PurePosixPath(f"tests/counterexamples/{RULE}.patch")
