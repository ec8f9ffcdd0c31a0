"""Text that terminals, pipes and CI runners take for nothing but text. Standard library only."""

from __future__ import annotations

import json
from typing import Any


def visible(text: str, keep: str = "") -> str:
    """Escape what cannot be seen, except the characters in `keep`."""
    return "".join(
        char
        if char.isprintable() or char in keep
        else char.encode("unicode_escape").decode("ascii")
        for char in text
    )


def json_text(content: object) -> str:
    # ASCII goes through any terminal and pipe, and hides no direction marks. Two number signs begin
    # a command to some CI runners, wherever in a line they stand.
    return json.dumps(_encodable(content), indent=2).replace("##", "\\u0023\\u0023") + "\n"


def _encodable(content: Any) -> Any:
    """Write lone surrogates as escapes: Python reads them back from JSON, others refuse it."""
    match content:
        case str():
            return content.encode("utf-8", "backslashreplace").decode("utf-8")
        case dict():
            return {key: _encodable(value) for key, value in content.items()}
        case list():
            return [_encodable(value) for value in content]
        case _:
            return content
