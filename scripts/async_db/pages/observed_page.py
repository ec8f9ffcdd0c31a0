"""The page that `observe` leaves: what was found in a test run, with pictures of the requests.

One file that needs nothing but itself, is whole without JavaScript, and shows nothing of the
watched service but as text. Standard library only.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..findings import (
    GRADES,
    Card,
    Finding,
    MergedFinding,
    Notice,
    blind,
    cards,
    merged,
    seen_in,
    seen_on,
)
from ..traces import Trace
from .assets import LEGEND
from .components import choice, finding_text, source_line, tiles
from .drawing import figure
from .gallery import Shown
from .markup import milliseconds, page, prose, text
from .timeline import Timeline
from .timeline_layout import timeline_of

_MAX_LINKS = 12  # from a finding to pictures of it


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A request with its place on the page."""

    shown: Shown
    timeline: Timeline
    number: int
    route: int

    @property
    def anchor(self) -> str:
        return f"request-{self.number}"


def observe_page(
    findings: Iterable[Finding],
    shown: Iterable[Shown],
    *,
    requests: int,
    claims: Mapping[str, str],
    notices: tuple[Notice, ...] = (),
    title: str = "What the database layer did",
) -> str:
    """Give the page of a watched test run.

    Parameters:
        findings: all that were found, those without a picture too.
        shown: the requests that were kept; their order within a route does not matter.
        requests: how many were watched.
        claims: what each rule says, by its name.
        notices: what was not looked at.
        title: of the page.
    """
    told = cards(findings)
    drawn = _placed(shown)
    rules = {
        rule: number
        for number, rule in enumerate(
            sorted(
                {
                    *(card.rule for card in told),
                    *(finding.rule for each in drawn for finding in each.shown.findings),
                }
            )
        )
    }
    body = [
        f"<header class=top><h1>{text(title)}</h1>{_lead(requests, told, notices, drawn)}</header><main>",
        _notices(notices),
        _tiles(requests, told, drawn),
        _findings(told, drawn, claims),
        _requests(drawn, rules, {_key(card): card for card in told}),
        "</main>",
    ]
    return page(title, "\n".join(body))


def _placed(shown: Iterable[Shown]) -> list[_Drawn]:
    """Put requests in order: routes with findings first, in each the offending, then the slow."""
    routes: dict[str, list[tuple[Shown, Timeline]]] = defaultdict(list)
    for each in shown:
        routes[each.trace.route].append((each, timeline_of(each.trace.events, _moments(each))))
    order = sorted(routes, key=lambda route: (not any(s.findings for s, _ in routes[route]), route))
    placed: list[_Drawn] = []
    for number, route in enumerate(order):
        for each, timeline in sorted(routes[route], key=_first_to_look_at):
            placed.append(_Drawn(each, timeline, len(placed) + 1, number))
    return placed


def _moments(shown: Shown) -> list[int]:
    """Give the events that findings are about and that are kept."""
    events = len(shown.trace.events)
    return [each.event for each in shown.findings if 0 <= each.event < events]


def _first_to_look_at(pair: tuple[Shown, Timeline]) -> tuple[bool, float, str, int]:
    shown, timeline = pair
    return not shown.findings, -timeline.length, shown.trace.test, shown.trace.number


def _lead(
    requests: int,
    told: Sequence[Card],
    notices: tuple[Notice, ...],
    drawn: Sequence[_Drawn],
) -> str:
    if not requests:
        words = "No request was watched, so there is nothing to say about any."
    elif not told and blind(notices):
        words = "Nothing was found, which says little: not everything was seen."
    elif not told and any(each.shown.findings for each in drawn):
        words = "Nothing new was found: what pictures show is known to the baseline, or allowed."
    elif not told:
        words = "Nothing was found. Below are the slowest requests of each route."
    else:
        words = "What was found, and pictures of the requests in which it was seen."
    return f"<p class=lead>{words}</p>"


def _notices(notices: tuple[Notice, ...]) -> str:
    if not notices:
        return ""
    classes = {"error": "proven", "warning": "suspected"}
    items = (
        f"<li class={classes[each.level]}><p><span class='tag {classes[each.level]}'>{each.level}"
        f"</span> {text(each.text, 2_000)}</p></li>"
        for each in notices
    )
    return f"<ul class=found aria-label='Not looked at'>{''.join(items)}</ul>"


def _tiles(requests: int, told: Sequence[Card], drawn: Sequence[_Drawn]) -> str:
    grades = Counter[str](card.grade for card in told)
    return tiles(
        ("request watched" if requests == 1 else "requests watched", str(requests)),
        ("drawn here", str(len(drawn))),
        *((f"{grade} findings", str(grades[grade])) for grade in GRADES),
    )


def _findings(told: Sequence[Card], drawn: Sequence[_Drawn], claims: Mapping[str, str]) -> str:
    if not told:
        return ""
    pictures = _pictures(drawn)
    items = (_card(card, claims, pictures.get(_key(card), ())) for card in told)
    return f"<h2 id=findings>Findings</h2>{''.join(items)}"


Key = tuple[str, str, int]


def _key(found: Finding | Card) -> Key:
    return found.rule, found.path, found.line


def _pictures(drawn: Sequence[_Drawn]) -> dict[Key, list[_Drawn]]:
    """Tell which requests each place is to be seen in."""
    pictures: dict[Key, list[_Drawn]] = defaultdict(list)
    for each in drawn:
        for key in dict.fromkeys(map(_key, each.shown.findings)):
            pictures[key].append(each)
    return pictures


def _card(card: Card, claims: Mapping[str, str], drawn: Sequence[_Drawn]) -> str:
    links = [f"<a href=#{each.anchor}>request {each.number}</a>" for each in drawn[:_MAX_LINKS]]
    seen = [text(line) for line in (seen_on(card), seen_in(card)) if line]
    seen += [f"See {', '.join(links)}"] if links else []
    within = f" in <code>{text(card.function, 120)}</code>" if card.function else ""
    return (
        f"<section class=card><div class=head><span class='tag {card.grade}'>{card.grade}</span>"
        f"<h3><code>{text(card.rule)}</code></h3>"
        f"<span class=soft>{prose(claims.get(card.rule, ''))}</span></div>"
        f"<p><code>{text(card.path, 200)}:{card.line}</code>{within}</p>{source_line(card.code)}"
        f"{''.join(f'<p>{text(message)}</p>' for message in card.messages)}"
        f"<p class=advice>{text(card.advice)}</p>"
        f"{''.join(f'<p class=soft>{line}</p>' for line in seen)}</section>"
    )


def _requests(drawn: Sequence[_Drawn], rules: Mapping[str, int], told: Mapping[Key, Card]) -> str:
    if not drawn:
        return ""
    routes: dict[int, list[_Drawn]] = defaultdict(list)
    for each in drawn:
        routes[each.route].append(each)
    sections = (
        f"<section data-group><h2 class=route>{text(group[0].shown.trace.route, 200)}</h2>"
        f"{''.join(_request(each, rules, told) for each in group)}</section>"
        for group in routes.values()
    )
    names = {number: group[0].shown.trace.route for number, group in routes.items()}
    return f"<h2 id=requests>Requests</h2>{LEGEND}{_filter(names, rules)}{''.join(sections)}"


def _filter(routes: Mapping[int, str], rules: Mapping[str, int]) -> str:
    """Give the controls, which wait hidden for a script to work them."""
    by_rule = choice("Rule", "rules", "all rules", {n: rule for rule, n in rules.items()})
    return (
        f"<form class=filter hidden aria-label='Choose requests'>"
        f"{by_rule if rules else ''}{choice('Route', 'route', 'all routes', routes)}"
        f"<label><input type=checkbox data-by=kind value=offending>only offending</label>"
        f"<output aria-live=polite></output></form>"
    )


def _request(each: _Drawn, rules: Mapping[str, int], told: Mapping[Key, Card]) -> str:
    shown, trace = each.shown, each.shown.trace
    numbers = sorted({rules[finding.rule] for finding in shown.findings})
    kind = "offending" if shown.findings else shown.reason
    tag = f"<span class='tag{' bad' if kind == 'offending' else ''}'>{kind}</span>"
    places = [place for place in (trace.test, trace.place) if place]
    # Those with a moment to point at come first, so that their numbers are those of the picture.
    findings = sorted(merged(shown.findings), key=lambda one: not _is_drawn(one, each))
    moments = [one.finding.event for one in findings if _is_drawn(one, each)]
    items = (_in_request(number, one, told) for number, one in enumerate(findings, start=1))
    return (
        f"<article class=card id={each.anchor} data-item=counted data-route={each.route} "
        f"data-rules='{' '.join(map(str, numbers))}' data-kind={kind}>"
        f"<div class=head><h3>Request {each.number}: {_outcome(each)}</h3>{tag}</div>"
        f"<p class='soft mono'>{' · '.join(text(place, 300) for place in places)}</p>"
        + (f"<ul class=found>{''.join(items)}</ul>" if findings else "")
        + _left_out(trace)
        + _still_held(each)
        + figure(each.timeline, trace.route, moments=moments)
        + "</article>"
    )


def _is_drawn(one: MergedFinding, each: _Drawn) -> bool:
    return 0 <= one.finding.event < len(each.timeline.lines)


def _in_request(number: int, one: MergedFinding, told: Mapping[Key, Card]) -> str:
    """Tell a finding beside the picture of its moment; one that is not new, as known."""
    card = told.get(_key(one.finding))
    met = f"finding {number}{'' if card else ', known or allowed'}"
    said = finding_text(one.finding, met, rule=True, code=card.code if card else "")
    return f"<li class={one.finding.grade}>{said}</li>"


def _still_held(each: _Drawn) -> str:
    """Say why a connection that is held in the end is no finding."""
    names = ", ".join(lane.name for lane in each.timeline.excused)
    trace = each.shown.trace
    if not names:
        return ""
    if trace.cut:
        why = "not all that happened is kept"
    elif trace.working:
        why = "a task that goes on has it"
    else:
        why = "the tests took it, or the session that it serves"
    return f"<p class=note>Still held at the end, which is no finding: {names}; {why}.</p>"


def _left_out(trace: Trace) -> str:
    """Say that a request is not drawn whole."""
    if not trace.cut:
        return ""
    return (
        f"<p class=note>{trace.cut:,} of {trace.cut + len(trace.events):,} events are left out: "
        "those far from what was found, and from the beginning.</p>"
    )


def _outcome(each: _Drawn) -> str:
    status = each.timeline.status
    answered = f"answers {text(status, 12)}" if status else "no response"
    return f"{answered}, all done after {milliseconds(each.timeline.length)}"
