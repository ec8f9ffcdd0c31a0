"""Pages that are opened in a headless browser."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from async_db.rules import Rule
from async_db.servers import CHROMIUM
from helpers.browser import Opens, Scheme
from helpers.browser_pages import observed, proved

ARGUMENTS = [
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@dataclass(frozen=True)
class Watched:
    """A page, what it has asked for, and what it has complained of."""

    page: Page
    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory, rules: tuple[Rule, ...]) -> dict[str, Path]:
    """Both pages, by what leaves them."""
    folder = tmp_path_factory.mktemp("pages")
    texts = {"observe": observed(), "evidence": proved(rules)}
    for name, text in texts.items():
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    return {name: folder / f"{name}.html" for name in texts}


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


@pytest.fixture(scope="module")
def shared_page(browser: Browser) -> Watched:
    """A page in which one test after the other opens what it looks at: each new one would start
    processes of its own, which take longer than a test."""
    return watched(browser.new_page())


@pytest.fixture
def opens(browser: Browser, shared_page: Watched, pages: dict[str, Path]) -> Iterator[Opens]:
    """Open a page, which may ask for nothing and complain of nothing."""
    used = [shared_page]

    def opened(name: str, width: int = 1280, scheme: Scheme = "light", **options: Any) -> Page:
        if options:
            used.append(watched(browser.new_page(**options)))
        page = used[-1].page
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(media="screen", color_scheme=scheme)
        page.goto(pages[name].as_uri())
        return page

    shared_page.asked.clear()
    shared_page.complaints.clear()
    yield opened
    for own in used[1:]:
        own.page.close()
    assert {url for each in used for url in each.asked} <= {
        path.as_uri() for path in pages.values()
    }
    assert [complaint for each in used for complaint in each.complaints] == []


def watched(page: Page) -> Watched:
    # Nothing has to be waited for that is not there at once.
    page.set_default_timeout(10_000)
    own = Watched(page)
    page.on("request", lambda request: own.asked.append(request.url))
    page.on("console", lambda message: own.complaints.append(message.text))
    page.on("pageerror", lambda error: own.complaints.append(str(error)))
    page.on("dialog", lambda dialog: own.complaints.append(f"dialog: {dialog.message}"))
    return own
