"""Findings made of what a detector has seen: the place, and the events as evidence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ...findings import Finding, Grade
from ...traces import Trace

MAX_EVIDENCE = 12


def finding_at(
    trace: Trace,
    rule: str,
    grade: Grade,
    index: int,
    message: str,
    advice: str,
    session: int | None = None,
    place: str = "",
) -> Finding:
    """Make a finding of what a trace shows, with its events as evidence.

    Parameters:
        trace: the request.
        rule: the rule's name.
        grade: how sure it is.
        index: the event that decides.
        message: what is wrong, in one sentence.
        advice: what to do, in one sentence.
        session: the session whose events are evidence; all are where none is given.
        place: ``path:line``, where it is not that of the event.
    """
    source = place or trace.events[index].source or trace.place
    return replace(
        finding_in(source, rule, grade, message, advice, trace.test),
        route=trace.route,
        requests=1,
        event=index,
        evidence=tuple(_evidence(trace, index, session)),
    )


def finding_in(
    place: str, rule: str, grade: Grade, message: str, advice: str, test: str
) -> Finding:
    """Make a finding of what belongs to no single request.

    Parameters:
        place: ``path:line``.
        rule: the rule's name.
        grade: how sure it is.
        message: what is wrong, in one sentence.
        advice: what to do, in one sentence.
        test: the test that was running, if any.
    """
    path, _, line = place.rpartition(":")
    return Finding(
        rule=rule,
        grade=grade,
        path=path or place,
        line=int(line) if line.isdecimal() else 1,
        message=message,
        advice=advice,
        test=test,
    )


def _evidence(trace: Trace, index: int, session: int | None) -> Iterator[str]:
    """Tell the events that matter, in order, the one that decides marked."""
    answers = {"response.start", "response.end", "error", "cancel", "request.end"}
    chosen = [
        number
        for number, event in enumerate(trace.events)
        if number == index
        or event.kind in answers
        or (session in (None, event.session) and event.kind != "executed")
    ]
    around = max(0, chosen.index(index) - MAX_EVIDENCE + 3)
    for number in chosen[around : around + MAX_EVIDENCE]:
        event = trace.events[number]
        detail = " ".join(event.detail.split())[:70]
        mark = ">" if number == index else " "
        source = f"  [{event.source}]" if event.source else ""
        yield f"{mark} {event.kind}{' ' + detail if detail else ''}{source}"
