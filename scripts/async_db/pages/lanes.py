"""A lane of a timeline as shapes and words of a picture."""

from __future__ import annotations

from collections.abc import Sequence

from .axis import Scale, percent
from .labels import LABEL_HEIGHT, drawn_labels, wanted_labels
from .markup import milliseconds, text
from .timeline import Bar, Lane, Mark

_CAPTION = 17
_MOST_TASKS = 3


def drawn_lane(
    lane: Lane, scale: Scale, response: float | None, top: int, widths: Sequence[str]
) -> tuple[list[str], list[str], int]:
    """Draw a lane below `top`: its shapes, its words, and where it ends."""
    named = f'<text class="cap s" x=0 y={top + 14}>{text(caption(lane), 60)}</text>'
    shapes, y, middle = _BARS[lane.kind](lane, scale, top + _CAPTION + 2)
    shapes += [_mark(mark, scale, middle) for mark in lane.marks if mark.kind != "response.start"]
    labels, rows = drawn_labels(tuple(wanted_labels(lane, scale)), response, y + 2, widths)
    return shapes, [named, *labels], y + rows * LABEL_HEIGHT + 8


def caption(lane: Lane) -> str:
    """Say in a few words what a lane is, and which tasks were at it."""
    return " · ".join([_caption(lane), *_tasks(lane)])


def _tasks(lane: Lane) -> list[str]:
    if len(lane.tasks) > _MOST_TASKS:
        return [f"{len(lane.tasks)} tasks"]
    numbers = ", ".join(map(str, lane.tasks))
    return [f"task{'s' * (len(lane.tasks) > 1)} {numbers}"] if numbers else []


def _caption(lane: Lane) -> str:
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
    if held[-1].unended:
        parts.append(held[-1].label)
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
        style = "held on" if bar.excused else "held kept" if bar.unended else "held"
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
        f'<rect class="{style.strip()}" x="{percent(start)}" y={y} width="{percent(breadth)}" '
        f"height={height}><title>{text(bar.label, 60)}{lasted}</title></rect>"
    )


def _mark(mark: Mark, scale: Scale, y: int) -> str:
    kind = mark.kind.replace(".", "-")
    return (
        f'<use href="#i-{kind}" class="k {kind}" x="{percent(scale(mark.at))}" y={y}>'
        f"<title>{text(mark.label, 40)} at {milliseconds(mark.at)}</title></use>"
    )
