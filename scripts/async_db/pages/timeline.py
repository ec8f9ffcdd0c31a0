"""A timeline: what happened while a request was served, as lanes of bars and marks.

In milliseconds since the first event; nothing here knows of pixels. Standard library only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

BarKind = Literal["request", "after", "wait", "outside", "unit", "held", "transaction", "statement"]
Tone = Literal["", "read", "write", "control", "committed", "rolled back"]
LaneKind = Literal["request", "session", "connection"]


@dataclass(frozen=True, slots=True)
class Bar:
    """Something that lasted.

    Parameters:
        kind: what lasted; ``after`` is the request after its response began.
        start: milliseconds since the first event.
        end: the same, and never less.
        first: the index of the event that it is about.
        label: a word or two.
        tone: what kind of statement it is, or how a transaction ended.
        began_before: whether it had begun before the first event.
        unended: whether the events hold no end of it; it is drawn up to the last event.
        excused: whether that is no fault.
    """

    kind: BarKind
    start: float
    end: float
    first: int
    label: str
    tone: Tone = ""
    began_before: bool = False
    unended: bool = False
    excused: bool = False

    @property
    def length(self) -> float:
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened at one moment.

    Parameters:
        kind: the event's kind.
        at: milliseconds since the first event.
        index: the index of the event.
        label: a word or two.
    """

    kind: str
    at: float
    index: int
    label: str


@dataclass(frozen=True, slots=True)
class Lane:
    """One thing's bars and marks, and the tasks that were at it, numbered as they appear.

    It is the request's, a session's or a connection's.
    """

    kind: LaneKind
    number: int | None
    bars: tuple[Bar, ...]
    marks: tuple[Mark, ...]
    tasks: tuple[int, ...] = ()

    def of(self, kind: BarKind) -> tuple[Bar, ...]:
        """Return the bars of one kind, in order."""
        return tuple(bar for bar in self.bars if bar.kind == kind)

    @property
    def name(self) -> str:
        return self.kind if self.number is None else f"{self.kind} {self.number}"


@dataclass(frozen=True, slots=True)
class Line:
    """One event in words.

    Parameters:
        at: milliseconds since the first event.
        kind: the event's kind.
        text: what happened, with the whole of the event's detail.
        source: ``path:line`` of the code that caused it, if known.
        after: whether it happened after the response began.
    """

    at: float
    kind: str
    text: str
    source: str
    after: bool


@dataclass(frozen=True, slots=True)
class Timeline:
    """A picture's content.

    Parameters:
        length: the milliseconds from the first event to the last.
        response: when the response began, if it did.
        status: what it said.
        lanes: the request first, then sessions and connections as they appear.
        lines: every event, in order.
    """

    length: float
    response: float | None
    status: str
    lanes: tuple[Lane, ...]
    lines: tuple[Line, ...]

    @property
    def unreturned(self) -> tuple[Lane, ...]:
        """The connections that are held when the last event has happened."""
        return tuple(
            lane
            for lane in self.lanes
            if any(bar.unended and not bar.excused for bar in lane.of("held"))
        )

    @property
    def excused(self) -> tuple[Lane, ...]:
        """The connections that are held in the end, which is no fault."""
        return tuple(lane for lane in self.lanes if any(bar.excused for bar in lane.of("held")))

    def late(self) -> tuple[Mark, ...]:
        """Return the commits after the response began: the database's, else the sessions'."""
        if self.response is None:
            return ()
        marks = [mark for lane in self.lanes for mark in lane.marks]
        answered = next(i for i, line in enumerate(self.lines) if line.kind == "response.start")
        return next(
            (
                found
                for kind in ("commit", "unit.commit")
                if (found := tuple(m for m in marks if m.kind == kind and m.index > answered))
            ),
            (),
        )
