"""The detectors by the rules that they see broken; each registers itself with `detects`.

A detector is pure: it is shown one subject and tells what it sees. It judges the use of a session by
whose line uses it (`whose_line`), and opening and closing by who made it (`Trace.foreign`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from ...findings import Finding
from ...traces import Trace
from .subjects import (
    AbandonedSession,
    CreatedEngine,
    EngineAfterShutdown,
)

Subject = Trace | CreatedEngine | EngineAfterShutdown | AbandonedSession
S = TypeVar("S", Trace, CreatedEngine, EngineAfterShutdown, AbandonedSession)


@dataclass(frozen=True, slots=True)
class Detector:
    """A registered detector.

    Parameters:
        rule: the name of the rule that it sees broken, ``topic/slug``.
        subject: what it is shown.
        detect: tells what it sees.
    """

    rule: str
    subject: type[Subject]
    detect: Callable[[Any], Iterator[Finding]]


DETECTORS: list[Detector] = []
"""All there are, in the order of their rules' names."""


def detects(
    rule: str, subject: type[S]
) -> Callable[[Callable[[S], Iterator[Finding]]], Callable[[S], Iterator[Finding]]]:
    """Register the decorated function as a detector.

    Parameters:
        rule: the name of the rule that it sees broken, ``topic/slug``.
        subject: what it is shown: a request's trace, or something that concerns no single request.
    """

    def register(detect: Callable[[S], Iterator[Finding]]) -> Callable[[S], Iterator[Finding]]:
        DETECTORS.append(Detector(rule, subject, detect))
        return detect

    return register


def findings_of(subject: Subject) -> list[Finding]:
    """Return what all detectors see in a subject; a request counts once for each place."""
    found = [
        finding
        for detector in DETECTORS
        if isinstance(subject, detector.subject)
        for finding in detector.detect(subject)
    ]
    places: set[tuple[str, str, int]] = set()
    for number, each in enumerate(found):
        place = (each.rule, each.path, each.line)
        if place in places:
            found[number] = replace(each, requests=0)
        places.add(place)
    return found
