"""The pictures as a person sees them: what is painted where, in a real browser."""

from itertools import combinations

import pytest
from playwright.sync_api import Browser

from helpers.browser import SCHEMES, Opens, Scheme, box, boxes, card, middle, pixels
from helpers.browser_pages import PAGES, RULE

pytestmark = pytest.mark.browser


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
    assert len(plots) == 6
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
    assert "never given back · task 1" in (leaking.locator("text.cap").last.text_content() or "")
    assert "never given back" in (leaking.locator("figcaption").text_content() or "")
    for style in ("wait", "outside"):
        left, _, right, _ = box(leaking.locator(f"rect.{style}"))
        assert right - left > 20


def test_red_is_what_a_finding_says_and_all_else_is_explained(opens: Opens) -> None:
    page = opens("observe")
    held = card(page, "GET /held")
    assert page.locator("article rect.held.kept").count() == 1  # of the request with the finding
    assert held.locator("rect.held.on").count() == 1
    assert "connection 1 · held 4.00 ms · still held" in " ".join(
        held.locator("text.cap").all_text_contents()
    )
    assert "which is no finding: connection 1" in (held.text_content() or "")
    fills = [
        page.locator(f"article rect.held.{style}").first.evaluate(
            "one => getComputedStyle(one).fill"
        )
        for style in ("kept", "on")
    ]
    assert fills[0] != fills[1]


@pytest.mark.parametrize("width", [360, 1280])
def test_the_moment_of_a_finding_is_pointed_at(opens: Opens, width: int) -> None:
    late = card(opens("observe", width), "POST /late")
    pointer = late.locator("text.mo")
    assert pointer.text_content() == "▼ 1"
    assert "finding 1" in (late.locator("ul.found li").first.text_content() or "")
    assert middle(late.locator("line.mom")) == pytest.approx(
        middle(late.locator("use.commit")), abs=1
    )
    below = box(late.locator("text.cap").first)
    assert box(pointer)[3] <= below[1] + 3
    assert box(pointer)[1] >= box(late.locator("text.rl").first)[1]


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
