"""Annotations that said `Query`."""

from __future__ import annotations

import re
from collections.abc import Callable

_QUERY = re.compile(r"\b(?:[A-Za-z_][\w.]*\.)?Query\b(?:\[([\w.]+)\])?")


def retyped(source: str, select: Callable[[], str]) -> str:
    """Write `Select` where an annotation says `Query`.

    Parameters:
        source: the annotation as it is written, in quotes or not.
        select: gives how `Select` is called there.
    """

    def written(found: re.Match[str]) -> str:
        return f"{select()}[tuple[{found[1]}]]" if found[1] else select()

    return _QUERY.sub(written, source)
