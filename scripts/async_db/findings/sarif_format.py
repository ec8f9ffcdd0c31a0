"""Findings as SARIF 2.1.0, which code scanning and editors read. Standard library only."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote

from .cards import Card, cards
from .escaping import json_text
from .finding import Finding
from .notice import Notice, blind

_SARIF_LEVELS = {"proven": "error", "suspected": "warning", "review": "note"}


def as_sarif(
    findings: Iterable[Finding],
    tool: str,
    rules: Mapping[str, str],
    notices: tuple[Notice, ...] = (),
) -> str:
    """Tell findings as SARIF 2.1.0, for code scanning and editors.

    Parameters:
        findings: what to tell, in any order.
        tool: the name of the command that found it.
        rules: what each rule claims, by its name; a finding's rule that is not among them
            stands for itself.
        notices: what was not looked at.
    """
    results = cards(findings)
    names = sorted({*rules, *(each.rule for each in results)})
    index = {name: position for position, name in enumerate(names)}
    return json_text(
        {
            "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
            "version": "2.1.0",
            "runs": [
                {
                    "tool": {
                        "driver": {
                            "name": tool,
                            "rules": [_sarif_rule(name, rules.get(name, name)) for name in names],
                        }
                    },
                    **({"invocations": [_sarif_invocation(notices)]} if notices else {}),
                    "results": [_sarif_result(each, index[each.rule]) for each in results],
                }
            ],
        }
    )


def _sarif_invocation(notices: tuple[Notice, ...]) -> dict[str, object]:
    return {
        "executionSuccessful": not blind(notices),
        "toolExecutionNotifications": [
            {"level": notice.level, "message": {"text": notice.text}} for notice in notices
        ],
    }


def _sarif_rule(name: str, claim: str) -> dict[str, object]:
    topic, _, slug = name.partition("/")
    return {
        "id": name,
        "shortDescription": {"text": claim},
        "help": {"text": f"## {slug} in references/{topic}*.md"},
    }


def _sarif_result(card: Card, rule_index: int) -> dict[str, object]:
    # Braces stay single although the standard wants them doubled: viewers show them as they are,
    # and `{{order_id}}` is no route.
    text = "\n".join(filter(None, (*card.messages, card.advice)))
    details = {
        "grade": card.grade,
        "requests": card.requests,
        "routes": list(card.routes),
        "tests": list(card.tests),
        "evidence": list(card.cases[0].evidence),
    }
    region: dict[str, object] = {"startLine": max(card.line, 1)}
    if card.code:
        region["snippet"] = {"text": card.code}
    return {
        "ruleId": card.rule,
        "ruleIndex": rule_index,
        "level": _SARIF_LEVELS[card.grade],
        "message": {"text": text},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": _artifact(card.path),
                    "region": region,
                }
            }
        ],
        # Not GitHub's `primaryLocationLineHash`: its upload computes that from the source, and
        # warns of any other value.
        "partialFingerprints": {"asyncDbFinding/v2": card.fingerprint},
        "properties": {key: value for key, value in details.items() if value},
    }


def _artifact(path: str) -> dict[str, object]:
    forward = path.replace("\\", "/")
    drive = re.match(r"[A-Za-z]:/", forward)
    if drive or forward.startswith("/"):  # outside the project
        rest = forward[2:] if drive else forward
        return {"uri": f"file://{f'/{forward[:2]}' if drive else ''}{_quoted(rest)}"}
    return {"uri": _quoted(forward), "uriBaseId": "%SRCROOT%"}


def _quoted(path: str) -> str:
    try:
        return quote(path, errors="surrogateescape")  # the bytes that the file system has
    except UnicodeEncodeError:
        return quote(path, errors="surrogatepass")
