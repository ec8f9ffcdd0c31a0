"""The page that `observe` leaves: what was found in a test run, with pictures of the requests.

One file that needs nothing but itself, is whole without JavaScript, and shows nothing of the
watched service but as text. Standard library only.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..findings import GRADES, Finding, MergedFinding, Notice, blind, merged
from .assets import LEGEND
from .components import choice, finding_text, tiles
from .drawing import figure
from .gallery import Shown
from .markup import counted, milliseconds, page, prose, text
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
    told = merged(findings)
    drawn = _placed(shown)
    rules = {
        rule: number
        for number, rule in enumerate(
            sorted(
                {
                    *(each.finding.rule for each in told),
                    *(finding.rule for each in drawn for finding in each.shown.findings),
                }
            )
        )
    }
    body = [
        f"<header class=top><h1>{text(title)}</h1>{_lead(requests, told, notices)}</header><main>",
        _notices(notices),
        _tiles(requests, told, drawn),
        _findings(told, drawn, claims),
        _requests(drawn, rules),
        "</main>",
    ]
    return page(title, "\n".join(body))


def _placed(shown: Iterable[Shown]) -> list[_Drawn]:
    """Put requests in order: routes with findings first, in each the offending, then the slow."""
    routes: dict[str, list[tuple[Shown, Timeline]]] = defaultdict(list)
    for each in shown:
        routes[each.trace.route].append((each, timeline_of(each.trace.events)))
    order = sorted(routes, key=lambda route: (not any(s.findings for s, _ in routes[route]), route))
    placed: list[_Drawn] = []
    for number, route in enumerate(order):
        for each, timeline in sorted(routes[route], key=_first_to_look_at):
            placed.append(_Drawn(each, timeline, len(placed) + 1, number))
    return placed


def _first_to_look_at(pair: tuple[Shown, Timeline]) -> tuple[bool, float, str, int]:
    shown, timeline = pair
    return not shown.findings, -timeline.length, shown.trace.test, shown.trace.number


def _lead(requests: int, told: Sequence[MergedFinding], notices: tuple[Notice, ...]) -> str:
    if not requests:
        words = "No request was watched, so there is nothing to say about any."
    elif not told and blind(notices):
        words = "Nothing was found, which says little: not everything was seen."
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


def _tiles(requests: int, told: Sequence[MergedFinding], drawn: Sequence[_Drawn]) -> str:
    grades = Counter[str](each.finding.grade for each in told)
    return tiles(
        ("request watched" if requests == 1 else "requests watched", str(requests)),
        ("drawn here", str(len(drawn))),
        *((f"{grade} findings", str(grades[grade])) for grade in GRADES),
    )


def _findings(
    told: Sequence[MergedFinding], drawn: Sequence[_Drawn], claims: Mapping[str, str]
) -> str:
    if not told:
        return ""
    by_rule: dict[str, list[MergedFinding]] = defaultdict(list)
    for each in told:
        by_rule[each.finding.rule].append(each)
    pictures = _pictures(drawn)
    sections = (
        f"<section class=card><div class=head><h3><code>{text(rule)}</code></h3>"
        f"{_grades(group)}</div><p>{prose(claims.get(rule, ''))}</p>"
        f"<ul class=found>{''.join(_finding(each, pictures) for each in group)}</ul></section>"
        for rule, group in by_rule.items()
    )
    return f"<h2 id=findings>Findings</h2>{''.join(sections)}"


def _grades(group: Sequence[MergedFinding]) -> str:
    grades = Counter[str](each.finding.grade for each in group)
    return "".join(
        f"<span class='tag {grade}'>{grades[grade]} {grade}</span>"
        for grade in GRADES
        if grades[grade]
    )


Key = tuple[str, str, int, str, str]


def _key(finding: Finding) -> Key:
    return finding.rule, finding.path, finding.line, finding.message, finding.route


def _pictures(drawn: Sequence[_Drawn]) -> dict[Key, list[_Drawn]]:
    """Tell which requests each finding is to be seen in."""
    pictures: dict[Key, list[_Drawn]] = defaultdict(list)
    for each in drawn:
        for key in dict.fromkeys(map(_key, each.shown.findings)):
            pictures[key].append(each)
    return pictures


def _finding(each: MergedFinding, pictures: Mapping[Key, Sequence[_Drawn]]) -> str:
    finding = each.finding
    met = f"in {counted(each.tests, 'test')}" if each.tests else ""
    links = [
        f"<a href=#{drawn.anchor}>request {drawn.number}</a>"
        for drawn in pictures.get(_key(finding), ())[:_MAX_LINKS]
    ]
    seen = f"<p class=soft>See {', '.join(links)}</p>" if links else ""
    return f"<li class={finding.grade}>{finding_text(finding, met)}{seen}</li>"


def _requests(drawn: Sequence[_Drawn], rules: Mapping[str, int]) -> str:
    if not drawn:
        return ""
    routes: dict[int, list[_Drawn]] = defaultdict(list)
    for each in drawn:
        routes[each.route].append(each)
    sections = (
        f"<section data-group><h2 class=route>{text(group[0].shown.trace.route, 200)}</h2>"
        f"{''.join(_request(each, rules) for each in group)}</section>"
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


def _request(each: _Drawn, rules: Mapping[str, int]) -> str:
    shown, trace = each.shown, each.shown.trace
    numbers = sorted({rules[finding.rule] for finding in shown.findings})
    kind = "offending" if shown.findings else shown.reason
    tag = f"<span class='tag{' bad' if kind == 'offending' else ''}'>{kind}</span>"
    places = [place for place in (trace.test, trace.place) if place]
    findings = "".join(
        f"<li class={each_told.finding.grade}>{finding_text(each_told.finding, rule=True)}</li>"
        for each_told in merged(shown.findings)
    )
    return (
        f"<article class=card id={each.anchor} data-item=counted data-route={each.route} "
        f"data-rules='{' '.join(map(str, numbers))}' data-kind={kind}>"
        f"<div class=head><h3>Request {each.number}: {_outcome(each)}</h3>{tag}</div>"
        f"<p class='soft mono'>{' · '.join(text(place, 300) for place in places)}</p>"
        + (f"<ul class=found>{findings}</ul>" if findings else "")
        + figure(each.timeline, trace.route)
        + "</article>"
    )


def _outcome(each: _Drawn) -> str:
    status = each.timeline.status
    answered = f"answers {text(status, 12)}" if status else "no response"
    return f"{answered}, all done after {milliseconds(each.timeline.length)}"
