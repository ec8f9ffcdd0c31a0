"""A finding: one place where code does what a rule warns of. Standard library only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Grade = Literal["proven", "suspected", "review"]
GRADES: tuple[Grade, ...] = get_args(Grade)
"""The grades, the surest first."""


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One place where code does what a rule of the catalogue warns of.

    Parameters:
        rule: the rule's name, ``topic/slug``.
        grade: ``proven`` if it was seen to happen, ``suspected`` if another reading is possible,
            ``review`` if a person has to look.
        path: the file, relative to the project where it lies inside it.
        line: the line, counted from 1.
        message: what is wrong, in one sentence.
        advice: what to do, in one sentence.
        test: the test during which it was seen, if any.
        route: the route that was served, such as ``POST /orders``, if any.
        evidence: what happened, in order, a line each.
        requests: how many requests showed it that no other finding of the place counts.
        event: the index of the event that decides, in the trace that shows it; -1 if none does.
        code: the line itself, without indentation and comment, where it can be read.
        function: the name of the function or class around it, as in ``Orders.add``, if any.
        nth: how many equal lines that function has above it.
    """

    rule: str
    grade: Grade
    path: str
    line: int
    message: str
    advice: str
    test: str = ""
    route: str = ""
    evidence: tuple[str, ...] = ()
    requests: int = 0
    event: int = -1
    code: str = ""
    function: str = ""
    nth: int = 0
