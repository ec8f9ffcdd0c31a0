"""Text on its way into a page: made visible, shortened, escaped. Standard library only.

Whatever comes from a watched service is taken for hostile: nothing of it reaches a page but
through `text`.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from html import escape

from .assets import SCRIPT, STYLE, SYMBOLS

MAX_TEXT = 600

_CODE = re.compile(r"`([^`]+)`")
_SPACE = re.compile(r"[ \t\n\r\f\v]+")


def text(content: str, width: int = MAX_TEXT) -> str:
    """Give text for a page, between tags or between quotes, on one line and not too long."""
    return escape(shortened(content, width))


def prose(content: str) -> str:
    """Give a sentence of the catalogue's own, with what it has in backticks as code."""
    return _CODE.sub(r"<code>\1</code>", text(content))


def code(line: str) -> str:
    """Give a line of code, in which every space counts."""
    return escape(visible(line.expandtabs(4)[:MAX_TEXT]))


def shortened(content: str, width: int) -> str:
    """Give text on one line, with all that cannot be seen written as Python escapes it."""
    # No more is looked at than could be shown: an error may quote megabytes.
    line = visible(_SPACE.sub(" ", content[: 8 * width]).strip(" "))
    return line if len(line) <= width and len(content) <= 8 * width else line[: width - 1] + "…"


def visible(content: str) -> str:
    """Escape what cannot be seen or turns the direction of what follows."""
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode("ascii")
        for char in content
    )


def milliseconds(value: float) -> str:
    """Give a duration in three digits or so: ``0.62 ms``, ``14.1 ms``, ``1.20 s``."""
    if value >= 1000:
        return f"{value / 1000:.2f} s"
    return f"{value:.{2 if value < 10 else 1 if value < 100 else 0}f} ms"


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def page(title: str, body: str) -> str:
    """Give a whole page that needs nothing but itself.

    Its policy lets it load nothing and run nothing but its own script and style, so that even a
    mistake in escaping would let nobody in.

    Parameters:
        title: what it is about; escaped here.
        body: markup.
    """
    policy = (
        "default-src 'none'; base-uri 'none'; form-action 'none'; "
        f"style-src '{_digest(STYLE)}'; script-src '{_digest(SCRIPT)}'"
    )
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{text(title)}</title>\n<style>{STYLE}</style>\n</head>\n"
        f"<body>\n{SYMBOLS}\n{body}\n<script>{SCRIPT}</script>\n</body>\n</html>\n"
    )


def _digest(content: str) -> str:
    return "sha256-" + b64encode(hashlib.sha256(content.encode()).digest()).decode("ascii")
