"""The detectors by the rules that they see broken; each registers itself with `detects`.

A detector is pure: it is shown the service and tells what it sees. What it calls proven is resolved
to SQLAlchemy and FastAPI themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from async_db.auditing.service import Service
from async_db.findings import Finding

Detect = Callable[[Service], Iterator[Finding]]


@dataclass(frozen=True, slots=True)
class Detector:
    """A registered detector.

    Parameters:
        rule: the name of the rule that it sees broken, ``topic/slug``.
        detect: tells what it sees.
        hidden: why the audit does not see the rule's counterexample, if it does not.
    """

    rule: str
    detect: Detect
    hidden: str = ""


DETECTORS: list[Detector] = []
"""All there are, in the order of their rules' names."""


def detects(rule: str, *, hidden: str = "") -> Callable[[Detect], Detect]:
    """Register the decorated function as the detector of a rule, ``topic/slug``."""

    def register(detect: Detect) -> Detect:
        DETECTORS.append(Detector(rule, detect, hidden))
        return detect

    return register


def findings_of(service: Service, rules: Collection[str] = ()) -> list[Finding]:
    """Return what the detectors see.

    Parameters:
        service: what is audited.
        rules: the names of the rules that are asked for; all, if none is given.
    """
    found: dict[tuple[str, str, int, str], Finding] = {}
    for detector in DETECTORS:
        if not rules or detector.rule in rules:
            for each in detector.detect(service):
                # What several ways lead to is told once, with the evidence of the first.
                found.setdefault((each.rule, each.path, each.line, each.message), each)
    return list(found.values())
