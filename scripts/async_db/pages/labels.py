"""The labels of a lane, laid out so that none covers another, for a few widths."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from unicodedata import east_asian_width

from .axis import Scale, percent
from .markup import shortened, text
from .timeline import Lane

WIDTHS = {"n": 290, "m": 540, "w": 900}
"""The plot widths that labels are laid out for, by the class that shows them."""
_CHAR = 6.8  # pixels of a character of a label, on the safe side
_NAME = 24  # characters of a label
LABEL_HEIGHT = 13
_LABEL_ROWS = 2
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


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A label that may be drawn: its texts, the longest first, and from where to where that is."""

    place: float
    end: float
    texts: tuple[str, ...]
    style: str
    rank: int


def wanted_labels(lane: Lane, scale: Scale) -> Iterator[_Wanted]:
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


def drawn_labels(
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
        f'x="{percent(label.place)}" y={top + label.row * LABEL_HEIGHT + 9}>{text(label.text)}</text>'
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
