"""Text that terminals, pipes and CI runners take for nothing but text. Standard library only."""

from __future__ import annotations

import json
from functools import cache
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
    """Write data as indented JSON.

    Parameters:
        content: dictionaries by texts, lists, tuples, texts, numbers, true, false and None.
    """
    # ASCII goes through any terminal and pipe, and hides no direction marks. Two number signs begin
    # a command to some CI runners, wherever in a line they stand.
    return _written(content, "\n").replace("##", "\\u0023\\u0023") + "\n"


def _written(content: Any, line: str) -> str:
    """Write as `json.dumps(content, indent=2)` does, in a tenth of its time.

    Parameters:
        content: what to write.
        line: the end of a line, and the indentation of the next one.
    """
    if not content or not isinstance(content, dict | list | tuple):
        return _flat(content, "")
    inner = f"{line}  "
    begins, ends = "{}" if isinstance(content, dict) else "[]"
    values = content.values() if isinstance(content, dict) else content
    if _SIMPLE.issuperset(map(type, values)):
        return f"{begins}{inner}{_flat(content, inner)[1:-1]}{line}{ends}"
    if isinstance(content, dict):
        parts = [f"{_flat(key, '')}: {_written(each, inner)}" for key, each in content.items()]
    else:
        parts = [_written(each, inner) for each in content]
    return f"{begins}{inner}{f',{inner}'.join(parts)}{line}{ends}"


_SIMPLE = frozenset({str, int, float, bool, type(None)})


def _flat(content: Any, line: str) -> str:
    """Write what holds nothing that holds something, each part in a line of its own."""
    encoder = _encoder(line)
    text = encoder.encode(content)
    if "\\ud" not in text:
        return text
    # A lone surrogate is written as the text of its escape: others refuse it.
    if isinstance(content, dict):
        return encoder.encode({_whole(key): _whole(each) for key, each in content.items()})
    if isinstance(content, list | tuple):
        return encoder.encode([*map(_whole, content)])
    return encoder.encode(_whole(content))


def _whole(content: Any) -> Any:
    if not isinstance(content, str):
        return content
    return content.encode("utf-8", "backslashreplace").decode("utf-8")


@cache
def _encoder(line: str) -> json.JSONEncoder:
    # Without an indentation all of it is done in C; the separator may be anything.
    return json.JSONEncoder(separators=(f",{line}", ": "))
