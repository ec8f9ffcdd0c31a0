"""Events laid out along one axis of time. Standard library only."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from ..traces import Event
from .timeline import Bar, BarKind, Lane, LaneKind, Line, Mark, Timeline, Tone
from .wording import said, short, tone_of

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


def timeline_of(events: Sequence[Event], blamed: Collection[int] | None = None) -> Timeline:
    """Lay out events, which may be of one request or of none, along one axis of time.

    Their order is what counts: an event whose clock is behind that of the event before it, as may
    happen between threads, is drawn at the same moment.

    Parameters:
        events: what happened, in order.
        blamed: the indexes of the events that findings are about. A connection without any, that is
            held in the end, is excused; where nobody has looked for findings, none is.
    """
    times = _times(events)
    answered = next((i for i, e in enumerate(events) if e.kind == "response.start"), None)
    guilty = None if blamed is None else frozenset(events[i].connection for i in blamed)
    trace = _Trace(tuple(events), times, answered, guilty)
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


@dataclass(frozen=True, slots=True)
class _Trace:
    events: tuple[Event, ...]
    times: tuple[float, ...]
    answered: int | None
    guilty: frozenset[int | None] | None

    @property
    def tasks(self) -> dict[int, int]:
        """The tasks, numbered as they appear."""
        seen = dict.fromkeys(event.task for event in self.events if event.task is not None)
        return {task: number for number, task in enumerate(seen, start=1)}

    @property
    def end(self) -> float:
        return self.times[-1] if self.times else 0.0

    def excuses(self, index: int) -> bool:
        """Say whether nothing was found about an event's connection, where it was looked for."""
        return self.guilty is not None and self.events[index].connection not in self.guilty

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
    tasks = trace.tasks
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
        at_it = {tasks[task] for i in indexes if (task := trace.events[i].task) is not None}
        yield Lane(kind, number, tuple(bars), tuple(_marks(trace, indexes)), tuple(sorted(at_it)))


def _home(event: Event) -> tuple[LaneKind, int | None]:
    if event.session is not None and (event.kind in _OF_SESSIONS or event.connection is None):
        return "session", event.session
    if event.connection is not None:
        return "connection", event.connection
    return "request", None


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
    excused = unended and trace.excuses(since)
    label = "still held" if excused else "never given back" if unended else "held"
    bar = Bar("held", start, end, since, label, began_before=not taken, unended=unended)
    return replace(bar, excused=excused)


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
            tone: Tone = "write" if event.writes else tone_of(event.detail)
            yield _bar(trace, "statement", index, until, short(event.detail), tone)


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
