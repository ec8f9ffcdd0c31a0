"""Findings as data, each one by itself. Standard library only."""

from __future__ import annotations

from collections.abc import Iterable

from .escaping import json_text
from .finding import Finding
from .merging import sort_key
from .notice import Notice

SCHEMA_VERSION = 1


def as_json(findings: Iterable[Finding], notices: tuple[Notice, ...] = ()) -> str:
    """Tell every single finding as data; `test`, `route` and `evidence` only where there are any.

    Parameters:
        findings: what to tell, in any order, which does not change the result.
        notices: what was not looked at; they stand there only if there are any.
    """
    told = [{"level": notice.level, "message": notice.text} for notice in notices]
    return json_text(
        {
            "schema_version": SCHEMA_VERSION,
            **({"notices": told} if told else {}),
            "findings": [_as_data(finding) for finding in sorted(findings, key=sort_key)],
        }
    )


def _as_data(finding: Finding) -> dict[str, object]:
    data: dict[str, object] = {
        "rule": finding.rule,
        "grade": finding.grade,
        "path": finding.path,
        "line": finding.line,
        "message": finding.message,
        "advice": finding.advice,
    }
    optional = {"test": finding.test, "route": finding.route, "evidence": list(finding.evidence)}
    return data | {key: value for key, value in optional.items() if value}
