"""What a command says of its own looking: that it could not judge something, and how much of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that was not looked at.

    Parameters:
        text: what, and how much of it, in a sentence or two.
        level: ``error`` if an absence of findings says nothing because of it, else ``warning``.
    """

    text: str
    level: Level = "warning"


def blind(notices: tuple[Notice, ...]) -> bool:
    """Say whether an absence of findings says nothing."""
    return any(notice.level == "error" for notice in notices)
