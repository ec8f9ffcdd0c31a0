"""The pictures of a proof and of its counterexample, side by side on one scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from async_db.findings import Finding
from async_db.pages import Scale, Timeline, counted, figure, scale_of, text, timeline_of
from async_db.traces import Recording

if TYPE_CHECKING:
    from async_db.traces import Trace

MAX_REQUESTS = 2
"""How many requests of a run are drawn on either side."""

_WIDTHS = ("n", "m")  # a picture fills half of the page, or the whole of a narrow one
_LISTED = 110  # characters of an event: there are thousands of them
_SPECK = 16.0  # percent of the axis that a picture must fill to be worth the other's scale


@dataclass(frozen=True, slots=True)
class Pair:
    """What was recorded of one rule on one database.

    Parameters:
        rule: the rule's name.
        database: a key of `DATABASES`.
        proof: the run on the scaffold as it is; None if there was none.
        counterexample: the run with the counterexample applied; None if there was none.
        findings: what `observe` reports under the counterexample.
    """

    rule: str
    database: str
    proof: Recording | None = None
    counterexample: Recording | None = None
    findings: tuple[Finding, ...] = ()


def sides(pair: Pair) -> str:
    """Draw the requests of both runs, those that differ before those that are alike."""
    proof, broken = pair.proof or Recording(), pair.counterexample or Recording()
    count = max(len(proof.requests), len(broken.requests))
    chosen = _chosen(proof.requests, broken.requests)
    rows = [
        _row_of_two(_nth(proof.requests, index), _nth(broken.requests, index)) for index in chosen
    ]
    if count == 0:
        rows.append(_nothing_served(pair, proof, broken))
    left_out = count - len(chosen)
    if left_out:
        rows.append(f"<p class=note>Not drawn: {counted(left_out, 'request')} of each run.</p>")
    return "".join(rows)


def _nth(requests: Sequence[Trace], index: int) -> Trace | None:
    return requests[index] if index < len(requests) else None


def _chosen(proof: Sequence[Trace], broken: Sequence[Trace]) -> list[int]:
    """Choose which requests are drawn: where the runs differ, and the later ones."""
    count = max(len(proof), len(broken))
    order = sorted(
        range(count),
        key=lambda index: (_course(_nth(proof, index)) == _course(_nth(broken, index)), -index),
    )
    return sorted(order[:MAX_REQUESTS])


def _course(trace: Trace | None) -> list[tuple[str, str]] | None:
    """Tell what happened in a request, apart from how long it took."""
    if trace is None:
        return None
    return [
        (event.kind, event.detail if event.kind == "response.start" else "")
        for event in trace.events
    ]


def _row_of_two(proof: Trace | None, broken: Trace | None) -> str:
    left = timeline_of(proof.events) if proof else None
    right = timeline_of(broken.events) if broken else None
    scales = _scales(left, right)
    return (
        "<div class=pair>"
        f"{_side('with the rule', '', proof, left, scales[0])}"
        f"{_side('without it', ' broken', broken, right, scales[1])}</div>"
    )


def _scales(left: Timeline | None, right: Timeline | None) -> tuple[Scale | None, Scale | None]:
    """Give one scale to both, unless one of them would be a speck on it."""
    if left is None or right is None:
        return None, None
    both = scale_of([left, right])
    if min(both(left.length), both(right.length)) < _SPECK:
        return None, None
    return both, both


def _side(
    head: str, style: str, trace: Trace | None, timeline: Timeline | None, scale: Scale | None
) -> str:
    if trace is None or timeline is None:
        drawn = "<p class=note>No such request is served here.</p>"
    else:
        status = f" → {timeline.status}" if timeline.status else ""
        name = f"{trace.route}{status}"
        drawn = f"<h6>{text(name, 200)}</h6>" + figure(
            timeline, f"{head}: {name}", scale, widths=_WIDTHS, width=_LISTED
        )
    return f"<div class='side{style}'><h5>{head}</h5>{drawn}</div>"


def _nothing_served(pair: Pair, proof: Recording, broken: Recording) -> str:
    if pair.proof is None and pair.counterexample is None:
        return "<p class=note>Nothing was recorded.</p>"
    if not proof.outside and not broken.outside:
        return "<p class=note>No request is served in this proof.</p>"
    left, right = timeline_of(proof.outside), timeline_of(broken.outside)
    sides = zip(("with the rule", "without it"), (left, right), _scales(left, right), strict=True)
    return (
        "<p class=note>No request is served in this proof; this is what it does to the database.</p>"
        "<div class=pair>"
        + "".join(
            f"<div class='side{'' if head == 'with the rule' else ' broken'}'><h5>{head}</h5>"
            + (
                figure(
                    timeline, f"{head}: outside any request", scale, widths=_WIDTHS, width=_LISTED
                )
                if timeline.lines
                else "<p class=note>Nothing happens to the database.</p>"
            )
            + "</div>"
            for head, timeline, scale in sides
        )
        + "</div>"
    )
