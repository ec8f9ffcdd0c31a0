"""The page that `verify` leaves: each rule, and what happens when it is kept and when it is broken.

The pictures of a proof and of its counterexample stand side by side on one scale, so that what the
rule is about is what differs. Standard library only.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from async_db.findings import Finding, merged
from async_db.pages import (
    LEGEND,
    Scale,
    Timeline,
    choice,
    code,
    counted,
    figure,
    finding_text,
    page,
    prose,
    scale_of,
    text,
    tiles,
    timeline_of,
)
from async_db.proving.evidence import Evidence, Result, ServiceTests
from async_db.rules import DATABASES, Rule
from async_db.traces import Recording

if TYPE_CHECKING:
    from async_db.traces import Trace

MAX_REQUESTS = 2
"""How many requests of a run are drawn on either side."""
MAX_DIFF_LINES = 300

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


def evidence_page(
    evidence: Evidence,
    rules: Sequence[Rule],
    pairs: Iterable[Pair],
    diffs: Mapping[str, str],
    *,
    title: str = "Evidence",
) -> str:
    """Give the page of a verification.

    Parameters:
        evidence: what was found.
        rules: those that were tried, in the order of the page.
        pairs: what there is to draw, in any order.
        diffs: the text of each rule's counterexample, by the rule's name.
        title: of the page.
    """
    results: dict[str, list[Result]] = defaultdict(list)
    for result in evidence.results:
        results[result.rule].append(result)
    drawn = {(pair.rule, pair.database): pair for pair in pairs}
    topics = list(dict.fromkeys(rule.topic for rule in rules))
    sections = []
    for number, topic in enumerate(topics):
        told = "".join(
            _rule(rule, number, results[rule.name], drawn, diffs.get(rule.name, ""))
            for rule in rules
            if rule.topic == topic
        )
        sections.append(f"<section data-group><h2>{text(topic)}</h2>{told}</section>")
    body = [
        f"<header class=top><h1>{text(title)}</h1>{_lead(evidence)}</header><main>",
        _totals(evidence, rules),
        _releases(evidence.releases),
        "<h2 id=rules>Rules</h2>",
        _table(evidence, rules, results),
        f"<h2 id=pictures>What happens when a rule is kept, and when it is broken</h2>{LEGEND}",
        _filter(topics),
        *sections,
        "</main>",
    ]
    return page(title, "\n".join(body))


# --- what it comes to ----------------------------------------------------------------------------


def _lead(evidence: Evidence) -> str:
    if not evidence.results:
        return "<p class=lead>No rule was tried.</p>"
    wrong = sum(not result.good for result in evidence.results)
    if evidence.good:
        words = "Every rule was proved on the scaffold, and refuted with its counterexample."
    elif not wrong:
        words = "Every rule was proved and refuted; the service's own tests did not all pass."
    else:
        words = f"{wrong} of {counted(len(evidence.results), 'trial')} did not go as stated."
    return f"<p class=lead>{words}</p>"


def _totals(evidence: Evidence, rules: Sequence[Rule]) -> str:
    trials = len(evidence.results)
    seconds = sum(result.seconds for result in evidence.results)
    seconds += sum(tests.seconds for tests in evidence.service_tests)
    return tiles(
        ("rule" if len(rules) == 1 else "rules", str(len(rules))),
        ("proved", f"{sum(result.proved is True for result in evidence.results)} of {trials}"),
        ("refuted", f"{sum(result.refuted is True for result in evidence.results)} of {trials}"),
        ("observed", f"{sum(result.observed is True for result in evidence.results)} of {trials}"),
        ("seconds", f"{seconds:.0f}"),
    )


def _releases(releases: Mapping[str, str]) -> str:
    items = "".join(f"<li><b>{text(name)}</b> {text(v)}</li>" for name, v in releases.items())
    return f"<ul class=releases aria-label=Releases>{items}</ul>"


def _table(
    evidence: Evidence, rules: Sequence[Rule], results: Mapping[str, Sequence[Result]]
) -> str:
    heads = "".join(f"<th scope=col>{label}</th>" for label in DATABASES.values())
    rows = [_row(rule, results.get(rule.name, ())) for rule in rules]
    if evidence.service_tests:
        cells = "".join(
            f"<td data-name={label}>"
            f"{''.join(_tests(t) for t in evidence.service_tests if t.database == key)}</td>"
            for key, label in DATABASES.items()
        )
        rows.append(f"<tr><th scope=row>the service's own tests</th><td></td>{cells}<td></td></tr>")
    return (
        "<table><thead><tr><th scope=col>rule</th><th scope=col>window</th>"
        f"{heads}<th scope=col>outcome when broken</th></tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


def _row(rule: Rule, results: Sequence[Result]) -> str:
    cells = "".join(
        f"<td data-name={label}>{_verdicts([r for r in results if r.database == key])}</td>"
        for key, label in DATABASES.items()
    )
    return (
        f"<tr><th scope=row>{_link(rule)}</th><td data-name=window>{_window(rule)}</td>"
        f"{cells}<td data-name=outcome>{_outcomes(rule)}</td></tr>"
    )


def _link(rule: Rule) -> str:
    return f'<a class=mono href="#{text(rule.name)}">{text(rule.name)}</a>'


def _window(rule: Rule) -> str:
    return text("; ".join(map(str, rule.window)) or "any release")


def _outcomes(rule: Rule) -> str:
    """Give what the text states, once for both databases where that is the same."""
    on = {key: rule.outcomes_on(key) for key in rule.databases}
    if len(set(on.values())) <= 1:
        return _literals(next(iter(on.values()), ()))
    return "<br>".join(f"{DATABASES[key]}: {_literals(texts)}" for key, texts in on.items())


def _literals(texts: Sequence[str]) -> str:
    return "; ".join(f"<code>{text(literal, 160)}</code>" for literal in texts)


def _verdicts(results: Sequence[Result]) -> str:
    several = len({result.wiring for result in results}) > 1
    return "".join(
        f"<div>{text(result.wiring) + ': ' if several else ''}{_verdict(result)}</div>"
        for result in results
    )


def _verdict(result: Result) -> str:
    marks = _tag(result.proved, "proved") + _tag(result.refuted, "refuted")
    marks += _tag(done=True, word="observed") if result.observed else ""
    if result.good:
        return marks
    return f"{marks}<div class=soft>{text(result.reason or '', 160)}</div>"


def _tag(done: bool | None, word: str) -> str:
    if done is None:
        return f"<span class=tag>? not {word}: not tried</span>"
    return (
        f"<span class='tag good'>✓ {word}</span>"
        if done
        else f"<span class='tag bad'>✗ not {word}</span>"
    )


def _tests(tests: ServiceTests) -> str:
    style, sign = ("good", "✓") if tests.good else ("bad", "✗")
    failed = f", {tests.failed} failed" if tests.failed else ""
    skipped = f", {tests.skipped} skipped" if tests.skipped else ""
    reason = f"<div class=soft>{text(tests.reason, 160)}</div>" if tests.reason else ""
    return f"<span class='tag {style}'>{sign} {tests.passed} passed{failed}{skipped}</span>{reason}"


def _filter(topics: Sequence[str]) -> str:
    """Give the controls, which wait hidden for a script to work them."""
    databases = "".join(f"<option value={key}>{label}</option>" for key, label in DATABASES.items())
    return (
        "<form class=filter hidden aria-label='Choose rules'>"
        f"{choice('Topic', 'topic', 'all topics', dict(enumerate(topics)))}"
        "<label>Database<select data-by=database><option value=''>all databases</option>"
        f"{databases}</select></label>"
        "<label><input type=checkbox data-by=good value=no>only what did not go as stated</label>"
        "<output aria-live=polite></output></form>"
    )


# --- one rule ------------------------------------------------------------------------------------


def _rule(
    rule: Rule,
    topic: int,
    results: Sequence[Result],
    drawn: Mapping[tuple[str, str], Pair],
    diff: str,
) -> str:
    good = "yes" if results and all(result.good for result in results) else "no"
    databases = "".join(
        _database(
            key,
            [result for result in results if result.database == key],
            drawn.get((rule.name, key), Pair(rule.name, key)),
        )
        for key in rule.databases
        if (rule.name, key) in drawn or any(result.database == key for result in results)
    )
    return (
        f'<article class="card rule" id="{text(rule.name)}" data-item=counted data-topic={topic} '
        f"data-good={good}><h3><code>{text(rule.name)}</code></h3><p>{prose(rule.claim)}</p>"
        f"<dl class=facts><dt>holds for</dt><dd>{_window(rule)}</dd>"
        f"<dt>when broken</dt><dd>{_outcomes(rule)}</dd></dl>"
        f"{_diff(diff, rule)}{databases}</article>"
    )


def _diff(diff: str, rule: Rule) -> str:
    if not diff.strip():
        return ""
    lines = diff.splitlines()
    more = len(lines) - MAX_DIFF_LINES
    left_out = f"<span class=f>… {counted(more, 'line')} more</span>" if more > 0 else ""
    told = "".join(map(_diff_line, lines[:MAX_DIFF_LINES]))
    path = text(str(rule.counterexample))
    return (
        f"<details open><summary>What breaks it: {path}</summary>"
        f'<pre class=diff tabindex=0 role=region aria-label="{path}"><code>{told}{left_out}'
        "</code></pre></details>"
    )


def _diff_line(line: str) -> str:
    # Of a diff every space counts, so nothing is put on one line or cut short as elsewhere.
    content = code(line)
    if line.startswith(("--- ", "+++ ")):
        return f"<span class=f>{content}</span>"
    if line.startswith("@@"):
        return f"<span class=h>{content}</span>"
    tag = {"+": "ins", "-": "del"}.get(line[:1], "span")
    return f"<{tag}>{content or ' '}</{tag}>"


def _database(key: str, results: Sequence[Result], pair: Pair) -> str:
    verdicts = "".join(map(_verdict, results))
    seen = [result.outcome for result in results if result.outcome]
    outcome = f" <span class=soft>seen: {_literals(seen)}</span>" if seen else ""
    findings = "".join(
        f"<li class={each.finding.grade}>{finding_text(each.finding, rule=True)}</li>"
        for each in merged(pair.findings)
    )
    reported = (
        f"<h5>what observe reports when it is broken</h5><ul class=found>{findings}</ul>"
        if findings
        else ""
    )
    return (
        f"<section data-item data-database={key}><h4>{text(DATABASES.get(key, key))} "
        f"{verdicts}{outcome}</h4>{_sides(pair)}{reported}</section>"
    )


# --- the two sides -------------------------------------------------------------------------------


def _sides(pair: Pair) -> str:
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
