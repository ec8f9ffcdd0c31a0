"""What happened while a request was served, laid out along one axis of time.

Pure: events in, lanes of bars and marks out, in milliseconds since the first event. Nothing here
knows of pixels; `drawing` does. Standard library only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from async_db.traces.event import Event

BarKind = Literal["request", "after", "wait", "outside", "unit", "held", "transaction", "statement"]
Tone = Literal["", "read", "write", "control", "committed", "rolled back"]
LaneKind = Literal["request", "session", "connection"]

_VERB = re.compile(r"\s*([A-Za-z]+)")
_OF_TABLE = {
    "SELECT": re.compile(r"\bFROM\s+([^\s,;()]+)", re.IGNORECASE),
    "INSERT": re.compile(r"\bINTO\s+([^\s,;()]+)", re.IGNORECASE),
    "UPDATE": re.compile(r"\bUPDATE\s+([^\s,;()]+)", re.IGNORECASE),
    "DELETE": re.compile(r"\bFROM\s+([^\s,;()]+)", re.IGNORECASE),
}
_OF_SESSIONS = frozenset(
    {"session", "flush", "unit.begin", "unit.commit", "unit.rollback", "unit.end", "load"}
)
_ENDINGS: dict[str, Tone] = {"commit": "committed", "rollback": "rolled back"}
_NO_WORK = frozenset(
    {
        "session",
        "connect",
        "checkin",
        "close",
        "executed",
        "error",
        "commit",
        "rollback",
        "unit.end",
    }
)
_NO_HOLDING = frozenset({"connect", "close", "checkout", "checkin", "error"})


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
    """

    kind: BarKind
    start: float
    end: float
    first: int
    label: str
    tone: Tone = ""
    began_before: bool = False
    unended: bool = False

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
    """One thing's bars and marks: the request's, a session's or a connection's."""

    kind: LaneKind
    number: int | None
    bars: tuple[Bar, ...]
    marks: tuple[Mark, ...]

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
        return tuple(lane for lane in self.lanes if any(bar.unended for bar in lane.of("held")))

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


def timeline_of(events: Sequence[Event]) -> Timeline:
    """Lay out events, which may be of one request or of none, along one axis of time.

    Their order is what counts: an event whose clock is behind that of the event before it, as may
    happen between threads, is drawn at the same moment.
    """
    times = _times(events)
    answered = next((i for i, e in enumerate(events) if e.kind == "response.start"), None)
    trace = _Trace(tuple(events), times, answered)
    return Timeline(
        length=trace.end,
        response=None if answered is None else times[answered],
        status="" if answered is None else events[answered].detail,
        lanes=tuple(_lanes(trace)),
        lines=tuple(
            Line(
                at,
                event.kind,
                said(event),
                event.source,
                answered is not None and index > answered,
            )
            for index, (event, at) in enumerate(zip(events, times, strict=True))
        ),
    )


def said(event: Event) -> str:
    """Say in words what happened."""
    connection = f"connection {event.connection}" if event.connection else "a connection"
    session = f"session {event.session}" if event.session else "a session"
    on = f" on {connection}" if event.connection else ""
    detail = event.detail
    match event.kind:
        case "connect":
            return f"{connection} to the database is opened"
        case "close":
            return f"{connection} is closed"
        case "checkout":
            return f"{connection} is taken from the pool"
        case "checkin":
            return f"{connection} is given back"
        case "begin":
            return f"a transaction begins{on}"
        case "statement":
            return f"{connection}: {detail}"
        case "executed":
            return f"{connection}: the statement is done"
        case "commit" | "rollback":
            return f"{event.kind.upper()} is sent{on}"
        case "flush":
            return f"{session} flushes"
        case "session":
            return f"{session} is made"
        case "unit.begin":
            return f"{session} begins a unit of work{on}"
        case "unit.end":
            return f"{session} lets go of its connection"
        case "unit.commit":
            return f"{session} commits its unit of work"
        case "unit.rollback":
            return f"{session} rolls its unit of work back"
        case "response.start":
            return f"the response begins: {detail}"
        case "response.end":
            return "the response is complete"
        case "request.end":
            return "the request is over"
        case "cancel":
            return "the request is cancelled"
        case "error":
            return f"error{on}: {detail}"
        case "wait":
            return "waits for a connection: the pool is exhausted"
        case "outside.start":
            return f"waits for {detail or 'something that is not the database'}"
        case "outside.end":
            return f"goes on after {detail or 'waiting'}"
        case "load":
            return f"{detail or 'an attribute'} is loaded behind the code's back"
    return f"{event.kind} {detail}".strip()


@dataclass(frozen=True, slots=True)
class _Trace:
    events: tuple[Event, ...]
    times: tuple[float, ...]
    answered: int | None

    @property
    def end(self) -> float:
        return self.times[-1] if self.times else 0.0

    def where(self, *kinds: str) -> Iterator[tuple[int, Event]]:
        return ((i, event) for i, event in enumerate(self.events) if event.kind in kinds)


def _times(events: Sequence[Event]) -> tuple[float, ...]:
    times: list[float] = []
    for event in events:
        times.append(max(times[-1], 1000 * (event.at - events[0].at)) if times else 0.0)
    return tuple(times)


def _lanes(trace: _Trace) -> Iterator[Lane]:
    """Give the lanes; each event is in the list of one of them."""
    if not trace.events:
        return
    homes: dict[tuple[LaneKind, int | None], list[int]] = {("request", None): []}
    for index, event in enumerate(trace.events):
        homes.setdefault(_home(event), []).append(index)
    order: tuple[LaneKind, ...] = ("request", "session", "connection")
    for kind, number in sorted(homes, key=lambda home: order.index(home[0])):
        indexes = homes[kind, number]
        if kind == "request":
            bars = [*_request_bars(trace), *_waits(trace), *_outside(trace)]
        elif kind == "session":
            bars = list(_units(trace, number))
        else:
            bars = [*_held(trace, indexes), *_transactions(trace, indexes)]
            bars += _statements(trace, indexes)
        yield Lane(kind, number, tuple(bars), tuple(_marks(trace, indexes)))


def _home(event: Event) -> tuple[LaneKind, int | None]:
    if event.session is not None and (event.kind in _OF_SESSIONS or event.connection is None):
        return "session", event.session
    if event.connection is not None:
        return "connection", event.connection
    return "request", None


# --- the request's bars --------------------------------------------------------------------------


def _request_bars(trace: _Trace) -> Iterator[Bar]:
    if all(event.request is None for event in trace.events) and trace.answered is None:
        return
    unended = not any(trace.where("request.end"))
    if trace.answered is None:
        yield Bar("request", 0.0, trace.end, 0, "request", unended=unended)
        return
    response = trace.times[trace.answered]
    yield Bar("request", 0.0, response, 0, "up to the response")
    if trace.answered < len(trace.events) - 1:
        label = "after the response began"
        yield Bar("after", response, trace.end, trace.answered, label, unended=unended)


def _waits(trace: _Trace) -> Iterator[Bar]:
    """Give the waits for a connection, up to its checkout or the error that ends the wait."""
    for index, event in trace.where("wait"):
        ended = next(
            (
                later
                for later, other in trace.where("checkout", "error")
                if later > index
                and other.task == event.task
                and (None in (other.pool, event.pool) or other.pool == event.pool)
            ),
            None,
        )
        yield _bar(trace, "wait", index, ended, "waits for a connection")


def _outside(trace: _Trace) -> Iterator[Bar]:
    """Give what the request waited for that is not the database."""
    ended: set[int] = set()
    for index, event in trace.where("outside.start"):
        end = next(
            (
                later
                for later, other in trace.where("outside.end")
                if later > index
                and later not in ended
                and (other.task, other.detail) == (event.task, event.detail)
            ),
            None,
        )
        if end is not None:
            ended.add(end)
        yield _bar(trace, "outside", index, end, f"waits for {event.detail or 'something else'}")


# --- a session's bars ----------------------------------------------------------------------------


def _units(trace: _Trace, session: int | None) -> Iterator[Bar]:
    """Give the units of work: each from the first use of the session to its end."""
    first: int | None = None
    last = 0
    for index, event in enumerate(trace.events):
        # To make a session is no use of it, and its connection is given back after the unit's end.
        if event.session != session or (first is None and event.kind in _NO_WORK):
            continue
        first = index if first is None else first
        last = index
        if event.kind in {"unit.commit", "unit.rollback"}:
            tone: Tone = "committed" if event.kind == "unit.commit" else "rolled back"
            yield _bar(trace, "unit", first, index, f"unit of work, {tone}", tone)
            first = None
        elif event.kind == "unit.end":
            yield _bar(trace, "unit", first, index, "unit of work, closed")
            first = None
    if first is not None:
        bar = _bar(trace, "unit", first, last, "unit of work, not ended here")
        yield Bar(bar.kind, bar.start, bar.end, first, bar.label, unended=True)


# --- a connection's bars -------------------------------------------------------------------------


def _held(trace: _Trace, indexes: Sequence[int]) -> Iterator[Bar]:
    """Give for how long the connection was out of its pool.

    One that is used without having been taken was taken before the first event, as a test's outer
    transaction does.
    """
    since: int | None = None
    taken = known = False
    for index in indexes:
        kind = trace.events[index].kind
        if since is not None and (
            kind in {"checkin", "close"} or (kind == "checkout" and not taken)
        ):
            yield _held_bar(trace, since, index, taken=taken, known=known)
            since, known = None, True
        if since is None and (kind == "checkout" or kind not in _NO_HOLDING):
            since, taken = index, kind == "checkout"
        known = known or (since is None and kind != "error")
    if since is not None:
        yield _held_bar(trace, since, None, taken=taken, known=known)


def _held_bar(trace: _Trace, since: int, until: int | None, *, taken: bool, known: bool) -> Bar:
    """Give one bar: of what was `taken` before our eyes, or else what was out already.

    What was taken unseen is for whoever took it to give back.
    """
    start = trace.times[since] if taken or known else 0.0
    end = trace.end if until is None else trace.times[until]
    unended = until is None and taken
    label = "never given back" if unended else "held"
    return Bar("held", start, end, since, label, began_before=not taken, unended=unended)


def _transactions(trace: _Trace, indexes: Sequence[int]) -> Iterator[Bar]:
    begun: int | None = None
    for index in indexes:
        kind = trace.events[index].kind
        if kind == "begin":
            if begun is not None:
                yield _bar(trace, "transaction", begun, index, "transaction, end not seen")
            begun = index
        elif begun is not None and kind in {"commit", "rollback", "checkin", "close"}:
            tone = _ENDINGS.get(kind, "")
            yield _bar(
                trace, "transaction", begun, index, f"transaction, {tone or 'not ended'}", tone
            )
            begun = None
    if begun is not None:
        yield _bar(trace, "transaction", begun, None, "transaction, not ended")


def _statements(trace: _Trace, indexes: Sequence[int]) -> Iterator[Bar]:
    """Give the statements, each up to the next event of its connection, which is its end."""
    for place, index in enumerate(indexes):
        event = trace.events[index]
        if event.kind == "statement":
            until = next(iter(indexes[place + 1 : place + 2]), None)
            tone: Tone = "write" if event.writes else _tone(event.detail)
            yield _bar(trace, "statement", index, until, short(event.detail), tone)


def short(statement: str) -> str:
    """Name a statement by its verb and, where that is plain to see, its table."""
    found = _VERB.match(statement)
    verb = found[1].upper() if found else statement.strip()[:12]
    table = _OF_TABLE[verb].search(statement) if verb in _OF_TABLE else None
    name = table[1].rpartition(".")[2].strip("\"'`[]") if table else ""
    return f"{verb} {name}".strip()


def _tone(statement: str) -> Tone:
    found = _VERB.match(statement)
    verb = found[1].upper() if found else ""
    return "read" if verb in {"SELECT", "WITH", "VALUES", "TABLE", "SHOW", "EXPLAIN"} else "control"


# --- marks ---------------------------------------------------------------------------------------

_MARKED = {
    "connect": "connect",
    "close": "close",
    "flush": "flush",
    "commit": "COMMIT",
    "rollback": "ROLLBACK",
    "error": "error",
    "cancel": "cancelled",
    "session": "made",
    "unit.commit": "committed",
    "unit.rollback": "rolled back",
    "response.start": "response",
    "response.end": "complete",
    "load": "load",
}


def _marks(trace: _Trace, indexes: Sequence[int]) -> Iterator[Mark]:
    for index in indexes:
        event = trace.events[index]
        if event.kind in _MARKED:
            label = _MARKED[event.kind]
            if event.kind == "load":
                label = event.detail or label
            elif event.kind == "error":
                label = event.detail.partition(":")[0].rpartition(".")[2].strip() or label
            yield Mark(event.kind, trace.times[index], index, label)


def _bar(
    trace: _Trace, kind: BarKind, first: int, last: int | None, label: str, tone: Tone = ""
) -> Bar:
    end = trace.end if last is None else trace.times[last]
    return Bar(kind, trace.times[first], end, first, label, tone, unended=last is None)
