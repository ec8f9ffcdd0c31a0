"""Findings as data, a card each. Standard library only."""

from __future__ import annotations

from collections.abc import Iterable

from .cards import Card, Case, cards
from .escaping import json_text
from .finding import Finding
from .notice import Notice

SCHEMA_VERSION = 2


def as_json(
    findings: Iterable[Finding], notices: tuple[Notice, ...] = (), *, watched: int | None = None
) -> str:
    """Tell findings as data, one entry for each place, with all that was seen of it.

    Parameters:
        findings: what to tell, in any order, which does not change the result.
        notices: what was not looked at.
        watched: how many requests were, if any could be.
    """
    told = [{"level": notice.level, "message": notice.text} for notice in notices]
    return json_text(
        {
            "schema_version": SCHEMA_VERSION,
            **({} if watched is None else {"requests": watched}),
            "notices": told,
            "findings": [card_data(card) for card in cards(findings)],
        }
    )


def card_data(card: Card) -> dict[str, object]:
    """Give a card as data: what it is whoever has found it, and `seen` if requests or tests did."""
    data: dict[str, object] = {
        "fingerprint": card.fingerprint,
        "rule": card.rule,
        "grade": card.grade,
        "path": card.path,
        "line": card.line,
        "function": card.function,
        "code": card.code,
        "message": "; ".join(card.messages),
        "advice": card.advice,
    }
    if card.routes or card.tests:
        return data | {"requests": card.requests, "seen": [*map(_case_data, card.cases)]}
    evidence = [line for case in card.cases for line in case.evidence]
    return data | ({"evidence": evidence} if evidence else {})


def _case_data(case: Case) -> dict[str, object]:
    return {
        "route": case.route,
        "grade": case.grade,
        "message": case.message,
        "requests": case.requests,
        "tests": list(case.tests),
        "evidence": list(case.evidence),
    }
