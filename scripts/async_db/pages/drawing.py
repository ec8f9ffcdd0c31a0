"""A timeline as a picture and as a list: SVG and HTML that share the page's style.

Places along the axis are percentages and all else is pixels, so that a picture fills whatever width
it is given and its text stays legible. Labels are laid out for a few widths; the style shows those
for the width at hand.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .axis import Scale, percent, scale_of
from .labels import WIDTHS
from .lanes import drawn_lane
from .markup import counted, milliseconds, shortened, text
from .timeline import Line, Mark, Timeline
from .trimming import trimmed

MAX_LISTED = 160
"""How many events a list has at most."""
_TOP = 24
_POINTERS = 16  # pixels above the lanes
_POINTERS_APART = 6.0  # percent
_AXIS = 22


def figure(
    timeline: Timeline,
    name: str,
    scale: Scale | None = None,
    *,
    widths: Sequence[str] = tuple(WIDTHS),
    width: int = 300,
    moments: Sequence[int] = (),
) -> str:
    """Draw a timeline, say what is to be seen in it, and list its events.

    Parameters:
        timeline: what to draw.
        name: what it is the timeline of, for those who do not see the picture.
        scale: of the picture; its own by default.
        widths: the keys of `WIDTHS` that labels are laid out for.
        width: how many characters of an event are listed.
        moments: the indexes of the events to point at, numbered in this order from 1.
    """
    told = summary(timeline)
    drawn, omitted = trimmed(timeline)
    note = f"<p class=note>Not drawn, from the middle: {omitted}.</p>" if omitted else ""
    return (
        f"<figure><figcaption>{text(told)}</figcaption>"
        f"{picture(drawn, f'{name}: {told}', scale or scale_of([timeline]), widths, moments)}"
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


def picture(
    timeline: Timeline, name: str, scale: Scale, widths: Sequence[str], moments: Sequence[int] = ()
) -> str:
    """Draw a timeline."""
    top = _TOP + (_POINTERS if moments else 0)
    response = None if timeline.response is None else scale(timeline.response)
    shapes: list[str] = []
    words: list[str] = []
    bottom = top
    for lane in timeline.lanes:
        drawn, written, bottom = drawn_lane(lane, scale, response, bottom, widths)
        shapes += drawn
        words += written
    return "".join(
        [
            f'<svg class=t role=img aria-label="{text(name, 400)}" height={bottom + _AXIS}>',
            *_ground(scale, response, scale(timeline.length), (top, bottom)),
            *shapes,
            *_cuts(scale, timeline.length, (top, bottom)),
            *_answer(response, bottom),
            *words,
            *_pointers(timeline, moments, scale, (top, bottom)),
            *_answer_named(timeline.status, response),
            "</svg>",
        ]
    )


def _pointers(
    timeline: Timeline, moments: Sequence[int], scale: Scale, span: tuple[int, int]
) -> Iterator[str]:
    """Point at moments from above, with one number for each and several where they are close."""
    groups: list[tuple[float, list[int]]] = []
    placed = [(scale(timeline.lines[moment].at), n) for n, moment in enumerate(moments, start=1)]
    for place, number in sorted(placed):
        if groups and place - groups[-1][0] < _POINTERS_APART:
            groups[-1][1].append(number)
        else:
            groups.append((place, [number]))
    for place, numbers in groups:
        at, anchor = percent(place), " s" if place < 8 else " e" if place > 92 else ""
        words = "▼ " + ", ".join(map(str, sorted(numbers)))
        yield f'<line class=mom x1="{at}" x2="{at}" y1={span[0]} y2={span[1]} />'
        yield f'<text class="rl mo{anchor}" x="{at}" y={span[0] - 4}>{words}</text>'


def _ground(
    scale: Scale, response: float | None, end: float, span: tuple[int, int]
) -> Iterator[str]:
    """Draw what everything else stands on: the time after the response, and the axis."""
    top, bottom = span
    if response is not None and response < end:
        yield (
            f'<rect class=aft x="{percent(response)}" y={top} width="{percent(end - response)}" '
            f"height={bottom - top} />"
        )
    yield f'<line class=ax x1=0 x2="100%" y1={bottom} y2={bottom} />'
    for tick in scale.ticks():
        place = scale(tick)
        anchor = "" if 4 < place < 94 else " class=s" if place <= 4 else " class=e"
        yield f'<line class=g x1="{percent(place)}" x2="{percent(place)}" y1={top} y2={bottom} />'
        label = "0" if tick == 0 else f"{tick:g} ms" if tick < 1000 else f"{tick / 1000:g} s"
        yield f'<text x="{percent(place)}" y={bottom + 15}{anchor}>{label}</text>'


def _cuts(scale: Scale, length: float, span: tuple[int, int]) -> Iterator[str]:
    """Draw where the axis is cut, over everything that lasts through the cut."""
    top, bottom = span
    for start, end in scale.gaps:
        if start >= length:  # it is the other picture on this scale that goes on
            continue
        place = percent(scale((start + end) / 2))
        yield f'<line class=cut x1="{place}" x2="{place}" y1={top} y2={bottom + 4} />'
        yield f'<line class=cuts x1="{place}" x2="{place}" y1={top} y2={bottom + 4} />'
        yield f'<text class=cutl x="{place}" y={bottom + 15}>⋯ {milliseconds(end - start)} ⋯</text>'


def _answer(response: float | None, bottom: int) -> Iterator[str]:
    if response is not None:
        place = percent(response)
        yield f'<line class=res x1="{place}" x2="{place}" y1=6 y2={bottom} />'


def _answer_named(status: str, response: float | None) -> Iterator[str]:
    """Say over the picture where the response begins, on the side where there is room."""
    if response is None:
        return
    at = f'x="{percent(response)}" y=15'
    if response <= 42:
        yield f'<text class="rl s" {at} dx=7>{text(status, 12)} · after the response</text>'
        return
    yield f'<text class="rl e" {at} dx=-7>response {text(status, 12)}</text>'
    if response < 80:
        yield f'<text class="rl s" {at} dx=7>after</text>'
