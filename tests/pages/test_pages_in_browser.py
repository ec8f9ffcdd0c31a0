"""The pages as a person sees them: what is painted where, in a real browser."""

import base64
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, sync_playwright

from async_db.findings.finding import Finding
from async_db.pages.observed_page import Shown, observe_page
from async_db.proving.evidence.page import evidence_page
from async_db.proving.evidence.results import Evidence, Result
from async_db.proving.evidence.two_runs import Pair
from async_db.rules.catalogue import Rule
from async_db.servers.programs import CHROMIUM
from async_db.traces.event import Event, Kind
from async_db.traces.trace import Trace
from async_db.watching.recordings import Recording

pytestmark = pytest.mark.browser

ARGUMENTS = [
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
RULE = "session/commit-before-response"
LEAK = "session/no-async-for-sessions"
HOSTILE = "</script><img src=x onerror=alert(1)>\x1b\u202e" + "x" * 300
PAGES = ("observe", "evidence")

Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
Opens = Callable[..., Page]
Step = tuple[Kind, float] | tuple[Kind, float, str]


# --- what is looked at ---------------------------------------------------------------------------


def finding(rule: str, route: str) -> Finding:
    message, path = f"{route} is late", "app/database/session.py"
    return Finding(rule, "proven", path, 12, message, "be early", "test_it", route)


def request(route: str, *steps: Step) -> Trace:
    """Give a request whose events are all of one session and connection."""
    connected = {"connect", "checkout", "begin", "statement", "executed", "commit", "rollback"}
    connected |= {"checkin", "error"}
    events = tuple(
        Event(
            kind,
            at / 1000,
            request=1,
            task=1,
            pool=1,
            connection=1 if kind in connected else None,
            session=1 if kind.startswith("unit") or kind in {"flush", "session"} else None,
            detail=detail[0] if detail else "",
            writes=bool(detail) and detail[0].startswith("INSERT"),
            source="app/orders/repository.py:12",
        )
        for kind, at, *detail in steps
    )
    return Trace(1, route, "app/orders/routes.py:41", events, f"tests/test_orders.py::{route}")


def write_of(route: str, *, response: float, commit: float) -> Trace:
    steps: list[tuple[Kind, float, str]] = [
        ("session", 0.1, ""),
        ("checkout", 0.5, ""),
        ("begin", 0.8, ""),
        ("statement", 1.0, "INSERT INTO orders (reference) VALUES (?)"),
        ("executed", 1.2, ""),
        ("flush", 1.3, ""),
        ("statement", 1.5, "SELECT orders.id FROM orders"),
        ("executed", 1.7, ""),
        ("commit", commit, ""),
        ("unit.commit", commit + 0.1, ""),
        ("checkin", commit + 0.2, ""),
        ("response.start", response, "201"),
        ("response.end", response + 0.1, ""),
        ("request.end", max(response, commit) + 0.5, ""),
    ]
    return request(route, *sorted(steps, key=lambda step: step[1]))


GOOD = write_of("POST /good", response=4, commit=3)
LATE = write_of("POST /late", response=3, commit=5)
LEAKING = request(
    "GET /leaking",
    ("wait", 0),
    ("checkout", 2),
    ("outside.start", 2.5, "httpx"),
    ("outside.end", 4, "httpx"),
    ("statement", 5, "SELECT * FROM 注文の一覧表"),
    ("error", 6, "OperationalError: gone"),
    ("load", 6.5, "Order.items"),
    ("response.start", 7, "500"),
    ("cancel", 7.5),
)
LOOPS: list[Step] = []
for number in range(30):
    LOOPS += [
        ("statement", 0.5 + number, f"SELECT a FROM table_{number}"),  # noqa: S608 (the same)
        ("executed", 0.51 + number),
    ]
BUSY = request(
    "GET /busy",
    ("checkout", 0),
    *LOOPS,
    ("checkin", 31),
    ("response.start", 32, "200"),
    ("request.end", 33),
)
WICKED = replace(
    request(
        HOSTILE,
        ("checkout", 0),
        ("statement", 1, f"SELECT 1 FROM {HOSTILE}"),  # noqa: S608 (nothing runs it)
        ("error", 2, HOSTILE),
        ("outside.start", 3, HOSTILE),
        ("response.start", 4, HOSTILE),
        ("request.end", 5),
    ),
    test=HOSTILE,
)


def observed() -> str:
    late, leak = finding(RULE, LATE.route), finding(LEAK, LEAKING.route)
    wicked = Finding(HOSTILE, "suspected", HOSTILE, 1, HOSTILE, HOSTILE, HOSTILE, HOSTILE)
    shown = [
        Shown(GOOD),
        Shown(LATE, (late,), "offending"),
        Shown(LEAKING, (leak,), "offending"),
        Shown(BUSY),
        Shown(WICKED, (wicked,), "offending"),
    ]
    claims = {RULE: "Commit before the `response`.", LEAK: "Give it back."}
    return observe_page([late, leak, wicked], shown, requests=70, claims=claims, title="Orders")


def proved(rules: tuple[Rule, ...]) -> str:
    chosen = [rule for rule in rules if rule.topic == "session"]
    keys = ("sqlite", "postgresql")
    evidence = Evidence(
        {"fastapi": "0.121", "sqlalchemy": "2.0.40"},
        tuple(
            Result(rule.name, "depends", key, True, rule.name != LEAK, "201", 0.5)
            for rule in chosen
            for key in keys
        ),
        (),
    )
    pairs = [
        Pair(RULE, key, Recording((GOOD,)), Recording((LATE,)), (finding(RULE, LATE.route),))
        for key in keys
    ]
    diff = "--- a/app.py\n+++ b/app.py\n@@ -1 +1 @@\n-scope\n+" + "no_scope" * 40
    return evidence_page(evidence, chosen, pairs, {rule.name: diff for rule in chosen})


@pytest.fixture
def pages(tmp_path: Path, rules: tuple[Rule, ...]) -> dict[str, Path]:
    """Both pages, by what leaves them."""
    texts = {"observe": observed(), "evidence": proved(rules)}
    for name, text in texts.items():
        (tmp_path / f"{name}.html").write_text(text, encoding="utf-8")
    return {name: tmp_path / f"{name}.html" for name in texts}


# --- what looks at it ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    # For no longer than this module: what drives it keeps an event loop running, beside which the
    # async tests of this process could not have theirs.
    path = CHROMIUM.find()
    root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[*ARGUMENTS, *root])
        try:
            yield browser
        finally:
            browser.close()


@pytest.fixture
def opens(browser: Browser, pages: dict[str, Path]) -> Iterator[Opens]:
    """Open pages, none of which may ask for anything or complain of anything."""
    asked: list[str] = []
    complaints: list[str] = []
    contexts: list[BrowserContext] = []

    def opened(name: str, width: int = 1280, scheme: Scheme = "light", **options: Any) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, **options
        )
        contexts.append(context)
        # Nothing has to be waited for that is not there at once.
        context.set_default_timeout(10_000)
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(f"dialog: {dialog.message}"))
        page.goto(pages[name].as_uri())
        return page

    yield opened
    for context in contexts:
        context.close()
    assert set(asked) <= {path.as_uri() for path in pages.values()}
    assert complaints == []


def card(page: Page, route: str) -> Locator:
    return page.locator("section", has=page.get_by_role("heading", name=route)).locator("article")


def box(locator: Locator) -> tuple[float, float, float, float]:
    """Give left, top, right and bottom."""
    found = locator.bounding_box()
    assert found is not None, locator
    return found["x"], found["y"], found["x"] + found["width"], found["y"] + found["height"]


def middle(locator: Locator) -> float:
    left, _, right, _ = box(locator)
    return (left + right) / 2


def boxes(page: Page, selector: str) -> list[list[float]]:
    """Give left, top, right and bottom of each that is shown."""
    found: list[list[float]] = page.evaluate(
        """selector => [...document.querySelectorAll(selector)]
            .filter(one => getComputedStyle(one).display !== "none" && one.getClientRects().length)
            .map(one => {const b = one.getBoundingClientRect();
                         return [b.left, b.top, b.right, b.bottom]})""",
        selector,
    )
    return found


def open_all(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")


def pixels(browser: Browser, shot: bytes, points: list[tuple[float, float]]) -> list[list[int]]:
    """Give the colours of a screenshot at some points."""
    page = browser.new_page()
    found: list[list[int]] = page.evaluate(
        """async ([png, points]) => {
            const image = new Image();
            image.src = "data:image/png;base64," + png;
            await image.decode();
            const canvas = new OffscreenCanvas(image.width, image.height).getContext("2d");
            canvas.drawImage(image, 0, 0);
            return points.map(([x, y]) => [...canvas.getImageData(x, y, 1, 1).data.slice(0, 3)]);
        }""",
        [base64.b64encode(shot).decode("ascii"), points],
    )
    page.close()
    return found


# --- what is drawn -------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [360, 1280])
def test_a_late_commit_is_right_of_the_response_and_a_good_one_left(
    opens: Opens, width: int
) -> None:
    page = opens("observe", width)
    late, good = card(page, "POST /late"), card(page, "POST /good")

    assert middle(late.locator("use.commit")) > box(late.locator("line.res"))[2]
    assert middle(good.locator("use.commit")) < box(good.locator("line.res"))[0]
    shade = box(late.locator("rect.aft"))
    assert shade[0] < middle(late.locator("use.commit")) < shade[2]
    assert shade[0] == pytest.approx(middle(late.locator("line.res")), abs=1)


@pytest.mark.parametrize("width", [360, 700, 1280, 1900])
def test_bars_are_wide_enough_and_inside_the_picture(opens: Opens, width: int) -> None:
    page = opens("observe", width)
    plots = boxes(page, "svg.t")
    bars = boxes(page, "svg.t rect:not(.aft)")
    assert len(plots) == 5
    assert len(bars) > 50
    for left, top, right, bottom in bars:
        assert plots[0][0] - 1 <= left <= right <= plots[0][2] + 1
        assert bottom - top >= 4
    widths = page.evaluate(
        """() => [...document.querySelectorAll("svg.t rect:not(.aft)")].map(bar =>
            bar.getBoundingClientRect().width + parseFloat(getComputedStyle(bar).strokeWidth))"""
    )
    assert min(widths) >= 1


@pytest.mark.parametrize("scheme", SCHEMES)
def test_bars_and_marks_are_really_painted(browser: Browser, opens: Opens, scheme: Scheme) -> None:
    picture = card(opens("observe", 1280, scheme), "POST /late").locator("svg.t")
    left, top, _, _ = box(picture)
    bars = ["rect.req", "rect.q.write", "rect.q.read", "rect.tx", "rect.unit", "line.res"]
    marks = ["use.commit", "use.unit-commit", "use.flush"]
    points = {}
    for selector in (*bars, *marks):
        x0, y0, x1, y1 = box(picture.locator(selector).first)
        # Of a mark, away from its middle, where the commit has its tick.
        aside = 5 if selector == "use.commit" else 0
        points[selector] = ((x0 + x1) / 2 - left - aside, (y0 + y1) / 2 - top)
    _, _, x1, y1 = box(picture.locator("rect.aft"))
    points |= {"shade": (x1 - 3 - left, y1 - 3 - top), "ground": (5.0, 5.0)}
    colours = dict(
        zip(points, pixels(browser, picture.screenshot(), list(points.values())), strict=True)
    )

    ground = colours.pop("ground")
    for name, colour in colours.items():
        distance = sum(abs(a - b) for a, b in zip(colour, ground, strict=True))
        assert distance > (10 if name == "shade" else 60), (name, colour, ground)
    assert colours["rect.q.write"] != colours["rect.q.read"]


@pytest.mark.parametrize("width", [360, 700, 1280, 1900])
@pytest.mark.parametrize("name", PAGES)
def test_labels_touch_neither_each_other_nor_the_bars(opens: Opens, width: int, name: str) -> None:
    page = opens(name, width)
    count = page.locator("svg.t").count()
    assert count > 1
    page.evaluate("document.querySelectorAll('svg.t').forEach((one, i) => one.dataset.n = i)")
    for number in range(count):
        here = f"svg.t[data-n='{number}']"
        plot = boxes(page, here)[0]
        labels = boxes(page, f"{here} text.l")
        bars = boxes(page, f"{here} rect:not(.aft)")
        ticks = boxes(page, f"{here} > text:not(.l,.cap,.rl)")
        heads = boxes(page, f"{here} text.rl")
        assert labels
        assert len(ticks) > 1
        assert not [pair for pair in combinations(labels, 2) if overlap(*pair)]
        assert not [pair for pair in combinations(ticks, 2) if overlap(*pair)]
        assert not [(label, bar) for label in labels for bar in bars if overlap(label, bar)]
        for left, top, right, bottom in [*labels, *ticks, *heads]:
            assert plot[0] - 1 <= left <= right <= plot[2] + 1
            assert plot[1] - 1 <= top <= bottom <= plot[3] + 1


def overlap(one: list[float], other: list[float]) -> bool:
    return (
        min(one[2], other[2]) - max(one[0], other[0]) > 1
        and min(one[3], other[3]) - max(one[1], other[1]) > 3  # letters do not fill their line
    )


@pytest.mark.parametrize("width", [360, 1280])
def test_a_label_is_under_what_it_names(opens: Opens, width: int) -> None:
    busy = card(opens("observe", width), "GET /busy")
    labels = [label for label in busy.locator("text.l").all() if label.is_visible()]
    assert len(labels) > 3
    whole = [label for label in labels if "_" in (label.text_content() or "")]
    for label in whole:
        title = f"{label.text_content()}, 0.01 ms"
        bar = busy.locator("rect.q").filter(has=busy.page.get_by_text(title, exact=True))
        assert box(label)[0] - 3 <= box(bar)[2]
        assert box(bar)[0] <= box(label)[2] + 3


def test_a_connection_that_is_not_given_back_is_said_and_drawn(opens: Opens) -> None:
    leaking = card(opens("observe"), "GET /leaking")
    held, plot = box(leaking.locator("rect.held.kept")), box(leaking.locator("svg.t"))
    assert held[2] == pytest.approx(plot[2], abs=2)
    assert "never given back" in (leaking.locator("text.cap").last.text_content() or "")
    assert "never given back" in (leaking.locator("figcaption").text_content() or "")
    for style in ("wait", "outside"):
        left, _, right, _ = box(leaking.locator(f"rect.{style}"))
        assert right - left > 20


@pytest.mark.parametrize(("width", "beside"), [(360, False), (1280, True)])
def test_two_courses_stand_beside_each_other_where_there_is_room(
    opens: Opens, width: int, beside: bool
) -> None:
    page = opens("evidence", width)
    page.locator(f"[id='{RULE}']").scroll_into_view_if_needed()
    pair = page.locator(".pair").first
    # In one look: what is not in view is laid out when it comes into view.
    left, right = boxes(page, ".pair .side")[:2]
    assert (left[1] == right[1] and left[2] < right[0]) == beside
    assert (left[3] <= right[1]) == (not beside)
    # On one scale: the same moment is at the same place in both.
    starts = [box(pair.locator("rect.q.write").nth(side))[0] for side in (0, 1)]
    origins = [box(pair.locator("svg.t").nth(side))[0] for side in (0, 1)]
    assert starts[0] - origins[0] == pytest.approx(starts[1] - origins[1], abs=1)


# --- how it can be read --------------------------------------------------------------------------


@pytest.mark.parametrize("width", [360, 768, 1280])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_never_scrolls_sideways(opens: Opens, width: int, name: str) -> None:
    page = opens(name, width)
    open_all(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    sides = boxes(page, "article, figure, svg.t, table, h1, h2, h3, h4, li, p")
    assert [side for side in sides if side[2] > width + 1] == []


CONTRASTS = """
() => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", {willReadFrequently: true});
  const rgb = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((part) => {
      const share = part / 255;
      return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const contrast = (one, other) => {
    const [low, high] = [light(one), light(other)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };
  const ground = (one) => {
    for (let at = one; at; at = at.parentElement) {
      const colour = rgb(getComputedStyle(at).backgroundColor);
      if (colour[3] === 255) return colour;
    }
    return rgb("white");
  };
  const after = rgb(getComputedStyle(document.querySelector("svg.t .aft")).fill);
  const found = [];
  for (const one of document.querySelectorAll("body *:not(script, style)")) {
    const words = [...one.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
    if (!words || !one.getClientRects().length || one.closest(".defs, title")) continue;
    const style = getComputedStyle(one);
    const grounds = [ground(one)];
    const drawn = one.closest("svg.t");
    if (drawn || one.closest("li.a")) grounds.push(after);
    const ink = rgb(drawn ? style.fill : style.color);
    for (const each of grounds) {
      found.push([contrast(ink, each), one.tagName, one.getAttribute("class")]);
    }
  }
  return found;
}
"""


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("name", PAGES)
def test_words_stand_out_from_what_is_behind_them(opens: Opens, scheme: Scheme, name: str) -> None:
    page = opens(name, 1280, scheme)
    open_all(page)
    found = page.evaluate(CONTRASTS)
    assert len(found) > 100
    assert [each for each in found if each[0] < 4.5] == []
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(15, 18, 24)"
    assert dark == (scheme == "dark")


@pytest.mark.parametrize("name", PAGES)
def test_without_javascript_everything_is_shown(opens: Opens, name: str) -> None:
    page = opens(name, java_script_enabled=False)
    items = page.locator("[data-item]").all()
    assert len(items) >= 5
    assert all(item.is_visible() for item in items)
    assert not page.locator("form.filter").is_visible()
    # The list behind a picture opens without any script, too.
    details = page.locator("details.list").first
    details.locator("summary").click()
    assert details.locator("li").first.is_visible()


def test_paper_shows_everything(opens: Opens) -> None:
    page = opens("observe", 794)
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert not page.locator("form.filter").is_visible()
    assert page.locator("details.list li:visible").count() > 80


# --- what it does --------------------------------------------------------------------------------


def test_requests_can_be_chosen_by_rule_route_and_kind(opens: Opens) -> None:
    page = opens("observe")
    shown = page.locator("article[data-item]:visible")
    heads = page.locator("h2.route:visible")
    told = page.locator("form.filter output")
    assert shown.count() == 5
    assert told.text_content() == "5 of 5 shown"

    page.get_by_label("only offending").check()
    assert shown.count() == 3
    page.get_by_role("combobox", name="Rule").select_option(RULE)
    assert heads.all_text_contents() == ["POST /late"]
    assert told.text_content() == "1 of 5 shown"
    page.get_by_role("combobox", name="Route").select_option("POST /good")
    assert shown.count() == 0
    page.get_by_role("combobox", name="Rule").select_option("")
    page.get_by_label("only offending").uncheck()
    assert heads.all_text_contents() == ["POST /good"]

    # Who follows a link to what is not shown is shown it.
    page.get_by_role("link", name="request").first.click()
    page.wait_for_function("document.querySelectorAll('article[data-item][hidden]').length === 0")
    assert page.locator("article:target").is_visible()


def test_rules_can_be_chosen_by_topic_database_and_outcome(opens: Opens) -> None:
    page = opens("evidence")
    rules = page.locator("article.rule:visible")
    everything = rules.count()
    assert everything > 3
    page.get_by_role("combobox", name="Database").select_option("postgresql")
    assert page.locator("[data-database=postgresql]").first.is_visible()
    assert page.locator("[data-database=sqlite]:visible").count() == 0
    page.get_by_label("only what did not go as stated").check()
    assert [one.get_attribute("id") for one in rules.all()] == [LEAK]
    assert page.locator("form.filter output").text_content() == f"1 of {everything} shown"
