"""The pages as a person uses them: read, printed, filtered, in a real browser."""

import pytest

from helpers.browser import SCHEMES, Opens, Scheme, boxes, open_all
from helpers.browser_pages import LEAK, PAGES, RULE

pytestmark = pytest.mark.browser


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


def test_requests_can_be_chosen_by_rule_route_and_kind(opens: Opens) -> None:
    page = opens("observe")
    shown = page.locator("article[data-item]:visible")
    heads = page.locator("h2.route:visible")
    told = page.locator("form.filter output")
    assert shown.count() == 6
    assert told.text_content() == "6 of 6 shown"

    page.get_by_label("only offending").check()
    assert shown.count() == 3
    page.get_by_role("combobox", name="Rule").select_option(RULE)
    assert heads.all_text_contents() == ["POST /late"]
    assert told.text_content() == "1 of 6 shown"
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
