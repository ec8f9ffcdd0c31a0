"""Findings as workflow commands, which GitHub shows beside the code. Standard library only."""

from __future__ import annotations

from collections.abc import Iterable

from .cards import cards, seen_in, seen_on
from .escaping import visible
from .finding import Finding
from .notice import Notice

_GITHUB_COMMANDS = {"proven": "error", "suspected": "warning", "review": "notice"}


def as_github(findings: Iterable[Finding], notices: tuple[Notice, ...] = ()) -> str:
    """Tell findings as workflow commands, a line each, which GitHub shows beside the code.

    Parameters:
        findings: what to tell, in any order.
        notices: what was not looked at.
    """
    lines = [f"::{notice.level}::{_github_data(notice.text)}\n" for notice in notices]
    for card in cards(findings):
        properties = {
            "file": card.path.replace("\\", "/"),
            "line": str(max(card.line, 1)),
            "title": card.rule,
        }
        listed = ",".join(f"{key}={_github_property(value)}" for key, value in properties.items())
        told = (*card.messages, card.advice, seen_on(card), seen_in(card))
        message = _github_data("\n".join(filter(None, told)))
        lines.append(f"::{_GITHUB_COMMANDS[card.grade]} {listed}::{message}\n")
    return "".join(lines)


def _github_data(text: str) -> str:
    escaped = visible(text, keep="\r\n").replace("%", "%25")
    return escaped.replace("\r", "%0D").replace("\n", "%0A")


def _github_property(text: str) -> str:
    return _github_data(text).replace(":", "%3A").replace(",", "%2C")
