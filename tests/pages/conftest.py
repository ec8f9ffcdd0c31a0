"""Pages that are opened in a headless browser."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

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
