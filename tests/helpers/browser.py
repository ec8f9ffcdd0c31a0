"""A headless browser, and where in it things are."""

import base64
from collections.abc import Callable
from typing import Literal

from playwright.sync_api import Browser, Locator, Page

Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
Opens = Callable[..., Page]


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
