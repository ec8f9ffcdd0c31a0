"""The forms in which every command tells its findings. Standard library only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal, get_args

from .finding import Finding
from .github_format import as_github
from .json_format import as_json
from .notice import Notice
from .sarif_format import as_sarif
from .text_format import as_text

Format = Literal["text", "json", "sarif", "github"]
FORMATS: tuple[Format, ...] = get_args(Format)
"""The forms in which findings are told."""


def format_findings(
    findings: Iterable[Finding],
    format: str,
    *,
    tool: str,
    rules: Mapping[str, str],
    notices: tuple[Notice, ...] = (),
    watched: int | None = None,
    everything: bool = True,
    option: str = "--all",
) -> str:
    """Tell findings in one of the forms, with a final newline unless there is nothing to say.

    Parameters:
        findings: what to tell, in any order.
        format: one of `FORMATS`.
        tool: the name of the command that found it, for SARIF.
        rules: what each rule claims, by its name, for SARIF.
        notices: what was not looked at, in the order in which it is told.
        watched: how many requests were, if any could be.
        everything: whether text tells all, and not what fits a screen or two.
        option: of the command, which tells all.

    Raises:
        ValueError: there is no such format.
    """
    match format:
        case "text":
            return as_text(findings, notices, watched=watched, everything=everything, option=option)
        case "json":
            return as_json(findings, notices, watched=watched)
        case "sarif":
            return as_sarif(findings, tool, rules, notices)
        case "github":
            return as_github(findings, notices)
        case _:
            raise ValueError(f"no format {format!r}: one of {', '.join(FORMATS)}")
