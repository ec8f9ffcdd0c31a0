"""The pages as text: whole, escaped, of one file, the same for the same input."""

import re
import subprocess
import sys
from collections.abc import Sequence
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from async_db.findings.finding import Finding
from async_db.pages.drawing import MAX_DRAWN, MAX_LISTED, figure, scale_of
from async_db.pages.markup import milliseconds, prose, shortened
from async_db.pages.observed_page import Shown, observe_page
from async_db.pages.timeline import timeline_of
from async_db.proving.evidence.page import evidence_page
from async_db.proving.evidence.results import Evidence, Result, ServiceTests
from async_db.proving.evidence.two_runs import MAX_REQUESTS, Pair
from async_db.rules.catalogue import Rule
from async_db.traces.event import Event, Kind
from async_db.traces.trace import Trace
from async_db.watching.recordings import Recording

HOSTILE = (
    "</script><img src=x onerror=alert(1)>",
    "</title></svg></style><script>alert(1)</script>",
    "\" onmouseover='alert(1)' x=\"",
    "' autofocus onfocus=alert(1) x='",
    "--><!--]]>&amp;&lt;&#0;",
    "a\x00b\x1b[31mc\x07\r\n\td",
    "\u202emoc.live\u2066\u200b\ufeff",
    "javascript:alert(1) http://evil.example/x?y",
    "\ud800 lone",
    "x" * 5000,
)
VOID = {"meta", "input", "br", "link", "img"}
RULE = "session/commit-before-response"
FINDING = Finding(
    RULE, "proven", "app/db.py", 7, "commits late", "commit before", "test_a", "POST /orders"
)


class Reader(HTMLParser):
    """Reads a page as a browser does, and keeps what can do something."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.problems: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.style = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if len(dict(attrs)) != len(attrs):
            self.problems.append(f"an attribute twice in <{tag}>: {attrs}")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.problems.append(f"</{tag}> closes something else")

    def handle_data(self, data: str) -> None:
        if "style" in self.open:
            self.style += data
        elif "script" not in self.open:
            self.words.append(data)

    def handle_comment(self, data: str) -> None:
        self.problems.append(f"a comment: {data}")


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert reader.problems == []
    assert reader.open == []
    return reader


def assert_harmless(html: str) -> None:
    """No tag, handler or address but the page's own, and nothing that cannot be seen."""
    reader = read(html)
    assert [tag for tag, _ in reader.tags].count("script") == 1
    assert {"img", "iframe", "link", "object", "base"}.isdisjoint(tag for tag, _ in reader.tags)
    anchors = {attributes["id"] for _, attributes in reader.tags if "id" in attributes}
    assert len(anchors) == sum("id" in attributes for _, attributes in reader.tags)
    for tag, attributes in reader.tags:
        assert not any(name.startswith("on") for name in attributes), (tag, attributes)
        assert not {"src", "srcset", "action", "style", "xlink:href"} & set(attributes)
        if "href" in attributes:
            assert (attributes["href"] or "").removeprefix("#") in anchors
    assert not re.search(r"url\((?!#)|@import|//", reader.style)
    assert all(char.isprintable() or char == "\n" for char in html)
    html.encode("utf-8")


def trace(
    *events: Event, route: str = "POST /orders", test: str = "test_a", place: str = "app/r.py:1"
) -> Trace:
    return Trace(number=1, route=route, place=place, events=events, test=test)


def event(kind: Kind, at: float, detail: str = "", source: str = "") -> Event:
    connection = 1 if kind in {"checkout", "statement", "executed", "commit", "checkin"} else None
    return Event(
        kind, at / 1000, request=1, task=1, connection=connection, detail=detail, source=source
    )


LATE = trace(
    event("checkout", 0),
    event("statement", 1, "INSERT INTO orders VALUES (1)", "app/repository.py:12"),
    event("executed", 1.5),
    event("response.start", 2, "201"),
    event("commit", 3),
    event("checkin", 4),
    event("request.end", 5),
)
GOOD = trace(
    event("checkout", 0),
    event("commit", 1),
    event("checkin", 2),
    event("response.start", 3, "201"),
    event("request.end", 4),
)


def hostile_trace(words: str) -> Trace:
    return trace(
        event("checkout", 0, words, words),
        event("statement", 1, f"SELECT x FROM {words}", words),  # noqa: S608 (nothing runs it)
        event("statement", 2, words, words),
        event("error", 3, f"{words}: {words}", words),
        event("outside.start", 4, words),
        event("load", 5, words),
        event("response.start", 6, words),
        event("request.end", 7),
        route=words,
        test=words,
        place=words,
    )


def observed(*shown: Shown, findings: Sequence[Finding] = (), requests: int = 3) -> str:
    return observe_page(
        findings, shown, requests=requests, claims={RULE: "Commit before the `response`."}
    )


def words_of(html: str) -> str:
    return " ".join(" ".join(read(html).words).split())


# --- observe's page -------------------------------------------------------------------------------


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


@settings(max_examples=40, deadline=None)
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
    code = "import sys; sys.path.insert(0, sys.argv[1]); import async_db.pages.observed_page, async_db.proving.evidence.page"
    subprocess.run(  # noqa: S603 (this very Python)
        [sys.executable, "-I", "-S", "-c", code, str(root / "scripts")], check=True, timeout=60
    )


# --- pictures -------------------------------------------------------------------------------------


def test_every_picture_has_a_name_and_a_list() -> None:
    reader = read(figure(timeline_of(LATE.events), "POST /orders"))
    (picture,) = (attributes for tag, attributes in reader.tags if tag == "svg")
    assert picture["role"] == "img"
    assert "commits 1.00 ms after the response began" in (picture["aria-label"] or "")
    assert [tag for tag, _ in reader.tags].count("li") == len(LATE.events)


def test_a_crowded_picture_says_what_it_leaves_out() -> None:
    events = [event("checkout", 0)]
    for number in range(2000):
        events += [
            event("statement", 1 + number, f"SELECT {number}"),
            event("executed", 1.5 + number),
        ]
    events += [event("response.start", 3000, "200"), event("commit", 3001)]
    html = figure(timeline_of(events), "GET /orders")
    reader = read(html)
    drawn = [tag for tag, attributes in reader.tags if tag in {"rect", "use"}]
    words = " ".join(reader.words)

    assert len(drawn) <= MAX_DRAWN + 1  # and what is behind them
    assert "Not drawn" in words
    assert html.count("#i-commit") == 1  # the most telling is never left out
    assert [tag for tag, _ in reader.tags].count("li") == MAX_LISTED + 1
    assert "events not listed" in words
    assert "SELECT 1999" in words
    assert len(html) < 60_000


def test_a_long_stretch_without_events_is_drawn_shorter() -> None:
    timeline = timeline_of(
        [event("checkout", 0), event("statement", 1), event("executed", 2), event("commit", 500)]
    )
    scale = scale_of([timeline])
    assert scale.gaps == ((2.0, 500.0),)
    assert scale(0) == 0
    assert scale(500) == 100
    assert scale(2) > 80


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=30))
def test_a_scale_keeps_order_and_stays_inside(times: list[float]) -> None:
    timeline = timeline_of([event("statement", at) for at in sorted(times)])
    scale = scale_of([timeline])
    places = [scale(line.at) for line in timeline.lines]
    assert all(0 <= place <= 100 for place in places)
    assert places == pytest.approx(sorted(places), abs=1e-6)
    ticks = [scale(tick) for tick in scale.ticks()]
    assert ticks
    assert all(second - first >= 13.9 for first, second in pairwise(ticks))


@pytest.mark.parametrize(
    ("value", "said"),
    [(0, "0.00 ms"), (9.994, "9.99 ms"), (14.14, "14.1 ms"), (214, "214 ms"), (1200, "1.20 s")],
)
def test_durations_are_told_in_three_digits(value: float, said: str) -> None:
    assert milliseconds(value) == said


def test_text_is_shortened_and_put_on_one_line() -> None:
    assert shortened("a\n  b", 10) == "a b"
    assert shortened("x" * 20, 10) == "x" * 9 + "…"
    assert len(shortened("\x00" * 50_000, 100)) == 100


def test_what_is_in_backticks_is_code() -> None:
    assert prose("use `a < b` now") == "use <code>a &lt; b</code> now"


# --- verify's page --------------------------------------------------------------------------------


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
            | {"slug": f"rule-{number}", "path": Path("references/session.md")}
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
