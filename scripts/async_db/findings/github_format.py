"""Findings as workflow commands, which GitHub shows beside the code. Standard library only."""

from __future__ import annotations

from collections.abc import Iterable

from .escaping import visible
from .finding import Finding
from .merging import merged, met_in
from .notice import Notice

_GITHUB_COMMANDS = {"proven": "error", "suspected": "warning", "review": "notice"}


def as_github(findings: Iterable[Finding], notices: tuple[Notice, ...] = ()) -> str:
    """Tell findings as workflow commands, a line each, which GitHub shows beside the code.

    Parameters:
        findings: what to tell, in any order.
        notices: what was not looked at.
    """
    lines = [f"::{notice.level}::{_github_data(notice.text)}\n" for notice in notices]
    for each in merged(findings):
        finding = each.finding
        properties = {
            "file": finding.path.replace("\\", "/"),
            "line": str(max(finding.line, 1)),
            "title": finding.rule,
        }
        listed = ",".join(f"{key}={_github_property(value)}" for key, value in properties.items())
        message = _github_data(
            "\n".join(filter(None, (finding.message, finding.advice, met_in(each))))
        )
        lines.append(f"::{_GITHUB_COMMANDS[finding.grade]} {listed}::{message}\n")
    return "".join(lines)


def _github_data(text: str) -> str:
    escaped = visible(text, keep="\r\n").replace("%", "%25")
    return escaped.replace("\r", "%0D").replace("\n", "%0A")


def _github_property(text: str) -> str:
    return _github_data(text).replace(":", "%3A").replace(",", "%2C")
