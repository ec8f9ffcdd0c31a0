"""A timeline as a picture and as a list: SVG and HTML that share the page's style.

Places along the axis are percentages and all else is pixels, so that a picture fills whatever width
it is given and its text stays legible. Labels are laid out for a few widths; the style shows those
for the width at hand.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import ceil, floor
from unicodedata import east_asian_width

from async_db.pages.markup import counted, milliseconds, shortened, text
from async_db.pages.timeline import Bar, Lane, Line, Mark, Timeline

MAX_DRAWN = 120
"""How many bars and marks a picture has at most."""
MAX_LISTED = 160
"""How many events a list has at most."""
WIDTHS = {"n": 290, "m": 540, "w": 900}
"""The plot widths that labels are laid out for, by the class that shows them."""

_CHAR = 6.8  # pixels of a character of a label, on the safe side
_NAME = 24  # characters of a label
_GAP_SHARE = 14.0  # percent of the axis that a stretch without events is drawn as
_GAP_LEAST = 3.0  # milliseconds; a shorter stretch is never shortened
_TICKS_APART = 14.0  # percent, so that their labels do not touch where a picture is narrow
_TOP = 24
_CAPTION = 17
_LABEL = 13
_LABEL_ROWS = 2
_AXIS = 22
_NAMED = {
    "error": 0,
    "cancel": 0,
    "load": 1,
    "commit": 1,
    "rollback": 1,
    "unit.commit": 1,
    "unit.rollback": 1,
}
"""The marks that get a label; the lower the number, the more it matters."""
_LESS_THAN_ALL = frozenset({"flush", "session", "load", "connect", "close", "statement"})


# --- the axis ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Scale:
    """Where along a picture a moment is, in percent.

    Parameters:
        length: the milliseconds of the axis.
        gaps: stretches in which nothing happens and that are drawn shortened.
    """

    length: float
    gaps: tuple[tuple[float, float], ...] = ()

    def __call__(self, at: float) -> float:
        shown = self.length - sum(end - start for start, end in self.gaps)
        if shown <= 0:
            return 0.0
        share = (100.0 - _GAP_SHARE * len(self.gaps)) / shown
        place = min(max(at, 0.0), self.length) * share
        for start, end in self.gaps:
            inside = min(max(at - start, 0.0), end - start)
            place += inside * (_GAP_SHARE / (end - start) - share)
        return min(max(place, 0.0), 100.0)

    def ticks(self) -> list[float]:
        """Give round moments that are far enough apart to be labelled."""
        shown = self.length - sum(end - start for start, end in self.gaps)
        if shown <= 0:
            return [0.0]
        step = next(step for step in _steps() if shown / step <= 5)
        taken = [self((start + end) / 2) for start, end in self.gaps]
        ticks: list[float] = []
        for start, end in self._stretches():
            for number in range(ceil(start / step), floor(end / step) + 1):
                place = self(number * step)
                if all(abs(place - other) >= _TICKS_APART for other in taken):
                    ticks.append(number * step)
                    taken.append(place)
        return ticks

    def _stretches(self) -> Iterator[tuple[float, float]]:
        """Give what lies between the gaps."""
        ends = [0.0, *(moment for gap in self.gaps for moment in gap), self.length]
        return zip(ends[::2], ends[1::2], strict=True)


def scale_of(timelines: Sequence[Timeline]) -> Scale:
    """Give one scale for pictures that stand side by side."""
    length = max((timeline.length for timeline in timelines), default=0.0)
    times = sorted({0.0, length, *(line.at for each in timelines for line in each.lines)})
    gaps = [
        (start, end)
        for start, end in pairwise(times)
        if end - start > max(0.4 * length, _GAP_LEAST) and end - start < length
    ]
    return Scale(length, tuple(gaps))


def _steps() -> Iterator[float]:
    size = 1e-6
    while True:
        yield from (size, 2 * size, 5 * size)
        size *= 10


# --- the whole -----------------------------------------------------------------------------------


def figure(
    timeline: Timeline,
    name: str,
    scale: Scale | None = None,
    *,
    widths: Sequence[str] = tuple(WIDTHS),
    width: int = 300,
) -> str:
    """Draw a timeline, say what is to be seen in it, and list its events.

    Parameters:
        timeline: what to draw.
        name: what it is the timeline of, for those who do not see the picture.
        scale: of the picture; its own by default.
        widths: the keys of `WIDTHS` that labels are laid out for.
        width: how many characters of an event are listed.
    """
    told = summary(timeline)
    drawn, omitted = _trimmed(timeline)
    note = f"<p class=note>Not drawn, from the middle: {omitted}.</p>" if omitted else ""
    return (
        f"<figure><figcaption>{text(told)}</figcaption>"
        f"{picture(drawn, f'{name}: {told}', scale or scale_of([timeline]), widths)}"
        f"{note}{listed(timeline.lines, width)}</figure>"
    )


def summary(timeline: Timeline) -> str:
    """Say in a line what a picture shows."""
    statements = sum(line.kind == "statement" for line in timeline.lines)
    parts = [counted(statements, "statement")]
    if timeline.response is not None:
        parts.append(
            f"answers {shortened(timeline.status, 12)} after {milliseconds(timeline.response)}"
        )
    elif any(lane.of("request") for lane in timeline.lanes):
        parts.append("no response")
    parts += [_lateness(timeline, mark) for mark in timeline.late()[:1]]
    parts += [f"{lane.name} never given back" for lane in timeline.unreturned]
    parts.append(f"all done after {milliseconds(timeline.length)}")
    return " · ".join(parts)


def _lateness(timeline: Timeline, mark: Mark) -> str:
    late = len(timeline.late())
    what = "commits" if late == 1 else f"commits {late} times, first"
    since = mark.at - (timeline.response or 0.0)
    return f"{what} {milliseconds(since)} after the response began"


def listed(lines: Sequence[Line], width: int) -> str:
    """List the events in order, the middle left out where there are too many."""
    items = [f"<li{' class=a' if line.after else ''}>{_item(line, width)}</li>" for line in lines]
    if len(items) > MAX_LISTED:
        half = MAX_LISTED // 2
        omitted = len(items) - 2 * half
        last = items[-half].replace("<li", f"<li value={len(items) - half + 1}", 1)
        gap = f"<li class=gap value={half + 1}>{counted(omitted, 'event')} not listed</li>"
        items = [*items[:half], gap, last, *items[len(items) - half + 1 :]]
    return (
        f"<details class=list><summary>{counted(len(lines), 'event')} in order</summary>"
        f"<ol>{''.join(items)}</ol></details>"
    )


def _item(line: Line, width: int) -> str:
    strong = line.kind in {"response.start", "commit", "rollback", "error", "cancel"}
    words = f"<b>{text(line.text, width)}</b>" if strong else text(line.text, width)
    source = f" <small>{text(line.source, 120)}</small>" if line.source else ""
    return f"<i>{line.at:.2f}</i> {words}{source}"


def picture(timeline: Timeline, name: str, scale: Scale, widths: Sequence[str]) -> str:
    """Draw a timeline."""
    response = None if timeline.response is None else scale(timeline.response)
    shapes: list[str] = []
    words: list[str] = []
    bottom = _TOP
    for lane in timeline.lanes:
        drawn, written, bottom = _lane(lane, scale, response, bottom, widths)
        shapes += drawn
        words += written
    return "".join(
        [
            f'<svg class=t role=img aria-label="{text(name, 400)}" height={bottom + _AXIS}>',
            *_ground(scale, response, scale(timeline.length), bottom),
            *shapes,
            *_cuts(scale, timeline.length, bottom),
            *_answer(response, bottom),
            *words,
            *_answer_named(timeline.status, response),
            "</svg>",
        ]
    )


def _ground(scale: Scale, response: float | None, end: float, bottom: int) -> Iterator[str]:
    """Draw what everything else stands on: the time after the response, and the axis."""
    if response is not None and response < end:
        yield (
            f'<rect class=aft x="{_pc(response)}" y={_TOP} width="{_pc(end - response)}" '
            f"height={bottom - _TOP} />"
        )
    yield f'<line class=ax x1=0 x2="100%" y1={bottom} y2={bottom} />'
    for tick in scale.ticks():
        place = scale(tick)
        anchor = "" if 4 < place < 94 else " class=s" if place <= 4 else " class=e"
        yield f'<line class=g x1="{_pc(place)}" x2="{_pc(place)}" y1={_TOP} y2={bottom} />'
        label = "0" if tick == 0 else f"{tick:g} ms" if tick < 1000 else f"{tick / 1000:g} s"
        yield f'<text x="{_pc(place)}" y={bottom + 15}{anchor}>{label}</text>'


def _cuts(scale: Scale, length: float, bottom: int) -> Iterator[str]:
    """Draw where the axis is cut, over everything that lasts through the cut."""
    for start, end in scale.gaps:
        if start >= length:  # it is the other picture on this scale that goes on
            continue
        place = _pc(scale((start + end) / 2))
        yield f'<line class=cut x1="{place}" x2="{place}" y1={_TOP} y2={bottom + 4} />'
        yield f'<line class=cuts x1="{place}" x2="{place}" y1={_TOP} y2={bottom + 4} />'
        yield f'<text class=cutl x="{place}" y={bottom + 15}>⋯ {milliseconds(end - start)} ⋯</text>'


def _answer(response: float | None, bottom: int) -> Iterator[str]:
    if response is not None:
        place = _pc(response)
        yield f'<line class=res x1="{place}" x2="{place}" y1=6 y2={bottom} />'


def _answer_named(status: str, response: float | None) -> Iterator[str]:
    """Say over the picture where the response begins, on the side where there is room."""
    if response is None:
        return
    at = f'x="{_pc(response)}" y=15'
    if response <= 42:
        yield f'<text class="rl s" {at} dx=7>{text(status, 12)} · after the response</text>'
        return
    yield f'<text class="rl e" {at} dx=-7>response {text(status, 12)}</text>'
    if response < 80:
        yield f'<text class="rl s" {at} dx=7>after</text>'


# --- lanes ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A label that may be drawn: its texts, the longest first, and from where to where that is."""

    place: float
    end: float
    texts: tuple[str, ...]
    style: str
    rank: int


def _lane(
    lane: Lane, scale: Scale, response: float | None, top: int, widths: Sequence[str]
) -> tuple[list[str], list[str], int]:
    """Draw a lane below `top`: its shapes, its words, and where it ends."""
    named = f'<text class="cap s" x=0 y={top + 14}>{text(caption(lane), 60)}</text>'
    shapes, y, middle = _BARS[lane.kind](lane, scale, top + _CAPTION + 2)
    shapes += [_mark(mark, scale, middle) for mark in lane.marks if mark.kind != "response.start"]
    labels, rows = _labels(tuple(_wanted(lane, scale)), response, y + 2, widths)
    return shapes, [named, *labels], y + rows * _LABEL + 8


def caption(lane: Lane) -> str:
    """Say in a few words what a lane is."""
    if lane.kind == "request":
        return "request" if lane.of("request") else "outside any request"
    if lane.kind == "session":
        ends = [bar.tone or ("not ended" if bar.unended else "closed") for bar in lane.of("unit")]
        kept = ends if len(ends) < 3 else [f"{len(ends)} units of work"]
        return " · ".join([lane.name, *kept])
    held = lane.of("held")
    if not held:
        return lane.name
    total = milliseconds(sum(bar.length for bar in held))
    times = "" if len(held) == 1 else f" in {len(held)} turns"
    parts = [lane.name, f"held {total}{times}"]
    if any(bar.began_before for bar in held):
        parts[-1] = "held since before"
    if any(bar.unended for bar in held):
        parts.append("never given back")
    return " · ".join(parts)


def _request_bars(lane: Lane, scale: Scale, y: int) -> tuple[list[str], int, int]:
    out = [
        _bar(bar, scale, y, 10, "req" if bar.kind == "request" else "reqa")
        for bar in lane.bars
        if bar.kind in {"request", "after"}
    ]
    bottom = y + 10
    ends: list[float] = []
    for bar in lane.bars:
        if bar.kind in {"wait", "outside"}:
            row = next((i for i, end in enumerate(ends) if end <= bar.start), len(ends))
            row = min(row, 3)
            ends[row : row + 1] = [bar.end]
            out.append(_bar(bar, scale, bottom + 3 + 10 * row, 7, bar.kind))
    return out, bottom + 10 * len(ends), y + 5


def _session_bars(lane: Lane, scale: Scale, y: int) -> tuple[list[str], int, int]:
    out = [_bar(bar, scale, y + 2, 6, _ended("unit", bar)) for bar in lane.bars]
    return out, y + 10, y + 5


def _connection_bars(lane: Lane, scale: Scale, y: int) -> tuple[list[str], int, int]:
    """Draw what was held, the transactions along its upper edge, and the statements in it."""
    out: list[str] = []
    for bar in lane.of("held"):
        style = "held kept" if bar.unended else "held"
        out.append(_bar(bar, scale, y, 30, style))
    for bar in lane.of("transaction"):
        out.append(_bar(bar, scale, y + 3, 4, _ended("tx", bar)))
    out += [_bar(bar, scale, y + 11, 14, f"q {bar.tone}") for bar in lane.of("statement")]
    return out, y + 30, y + 18


_BARS = {"request": _request_bars, "session": _session_bars, "connection": _connection_bars}


def _ended(style: str, bar: Bar) -> str:
    return f"{style} {'ok' if bar.tone == 'committed' else 'back' if bar.tone else 'open'}"


def _bar(bar: Bar, scale: Scale, y: int, height: int, style: str) -> str:
    # A breadth of nothing is not painted at all; the style's stroke gives it two pixels.
    start, breadth = scale(bar.start), max(scale(bar.end) - scale(bar.start), 0.05)
    start = min(start, 100 - breadth)
    lasted = "" if bar.unended else f", {milliseconds(bar.length)}"
    return (
        f'<rect class="{style.strip()}" x="{_pc(start)}" y={y} width="{_pc(breadth)}" '
        f"height={height}><title>{text(bar.label, 60)}{lasted}</title></rect>"
    )


def _mark(mark: Mark, scale: Scale, y: int) -> str:
    kind = mark.kind.replace(".", "-")
    return (
        f'<use href="#i-{kind}" class="k {kind}" x="{_pc(scale(mark.at))}" y={y}>'
        f"<title>{text(mark.label, 40)} at {milliseconds(mark.at)}</title></use>"
    )


def _wanted(lane: Lane, scale: Scale) -> Iterator[_Wanted]:
    """Give the labels of a lane; the lower their rank, the more they matter."""
    for mark in lane.marks:
        if mark.kind in _NAMED:
            style = f"k-{mark.kind.removeprefix('unit.')}"
            at = scale(mark.at)
            yield _Wanted(at, at, (shortened(mark.label, _NAME),), style, _NAMED[mark.kind])
    for bar in lane.bars:
        if bar.kind in {"wait", "outside", "statement"}:
            rank = 4 if bar.tone == "control" else 3 if bar.kind == "statement" else 2
            label = shortened(bar.label, _NAME)
            start, end = scale(bar.start), scale(bar.end)
            yield _Wanted(start, end, (label, label.partition(" ")[0]), "", rank)


@dataclass(frozen=True, slots=True)
class _Label:
    """A label that has found room: in which row, and at which place it begins or ends."""

    text: str
    place: float
    style: str
    row: int
    ends: bool


def _labels(
    wanted: Sequence[_Wanted], response: float | None, top: int, widths: Sequence[str]
) -> tuple[list[str], int]:
    """Lay labels out for each width, and give how many rows they take."""
    shown_in: dict[_Label, list[str]] = {}
    for width in widths:
        for label in _laid_out(wanted, response, WIDTHS[width]):
            shown_in.setdefault(label, []).append(width)
    if "w" not in widths:  # the widest there is also serves beyond
        for shown in shown_in.values():
            shown += ["w"] if widths[-1] in shown else []
    rows = max((label.row + 1 for label in shown_in), default=0)
    return [
        f'<text class="{" ".join(["l", *shown, *filter(None, [label.style]), *"e" * label.ends])}" '
        f'x="{_pc(label.place)}" y={top + label.row * _LABEL + 9}>{text(label.text)}</text>'
        for label, shown in shown_in.items()
    ], rows


def _laid_out(wanted: Iterable[_Wanted], response: float | None, width: int) -> Iterator[_Label]:
    """Give the labels that find room, those first that matter most."""
    taken: list[list[tuple[float, float]]] = [[] for _ in range(_LABEL_ROWS)]
    line = None if response is None else response / 100 * width
    for each in sorted(wanted, key=lambda each: (each.rank, each.place)):
        rooms = list(_rooms(each, width, taken))
        # Best is one that the line of the response does not strike through.
        clear = [r for r in rooms if line is None or not r[1] - 4 < line < r[2] + 4]
        for label, start, end in (clear or (rooms if each.rank < 2 else []))[:1]:
            taken[label.row].append((start, end))
            yield label


def _rooms(
    each: _Wanted, width: int, taken: Sequence[Sequence[tuple[float, float]]]
) -> Iterator[tuple[_Label, float, float]]:
    """Give where a label could be: begin with what it names, or end with it, or at the edge."""
    first, last = each.place / 100 * width, each.end / 100 * width
    for words in dict.fromkeys(each.texts):
        long = _breadth(words)
        for start, at, ends in (
            (first, each.place, False),
            (last - long, each.end, True),
            (width - long, 100.0, True),
        ):
            # It must be under what it names, or it would name something else.
            under = start <= last and first <= start + long
            if start < 0 or start + long > width + 0.01 or not under:
                continue
            for row, others in enumerate(taken):
                if all(start >= end + 5 or start + long + 5 <= begin for begin, end in others):
                    yield _Label(words, at, each.style, row, ends), start, start + long


def _breadth(words: str) -> float:
    """Give how many pixels a label takes; of some scripts, a character takes two places."""
    return _CHAR * sum(2 if east_asian_width(char) in "WF" else 1 for char in words)


# --- what is left out ----------------------------------------------------------------------------


def _trimmed(timeline: Timeline) -> tuple[Timeline, int]:
    """Leave out of a crowded picture what says least, from its middle, and say how much."""
    items: list[tuple[int, str, Bar | Mark]] = [
        *((bar.first, bar.kind, bar) for lane in timeline.lanes for bar in lane.bars),
        *((mark.index, mark.kind, mark) for lane in timeline.lanes for mark in lane.marks),
    ]
    if len(items) <= MAX_DRAWN:
        return timeline, 0
    items.sort(key=lambda item: item[0])
    lesser = [item for item in items if item[1] in _LESS_THAN_ALL]
    greater = [item for item in items if item[1] not in _LESS_THAN_ALL]
    greater = _ends_of(greater, MAX_DRAWN)
    lesser = _ends_of(lesser, MAX_DRAWN - len(greater))
    kept = {id(item) for _, _, item in (*greater, *lesser)}
    lanes = tuple(
        replace(
            lane,
            bars=tuple(bar for bar in lane.bars if id(bar) in kept),
            marks=tuple(mark for mark in lane.marks if id(mark) in kept),
        )
        for lane in timeline.lanes
    )
    return replace(timeline, lanes=lanes), len(items) - len(kept)


def _ends_of(
    items: list[tuple[int, str, Bar | Mark]], limit: int
) -> list[tuple[int, str, Bar | Mark]]:
    if len(items) <= limit:
        return items
    half = limit // 2
    return [*items[: limit - half], *(items[-half:] if half else [])]


def _pc(place: float) -> str:
    return f"{place:.2f}".rstrip("0").rstrip(".") + "%"
