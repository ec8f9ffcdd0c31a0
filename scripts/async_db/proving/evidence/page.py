"""The page that `verify` leaves: each rule, and what happens when it is kept and when it is broken.

The pictures of a proof and of its counterexample stand side by side on one scale, so that what the
rule is about is what differs. Standard library only.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from async_db.pages import LEGEND, choice, counted, page, text, tiles
from async_db.proving.evidence.faults import Faults, faults_section
from async_db.proving.evidence.results import Evidence, Result, ServiceTests
from async_db.proving.evidence.rule_card import outcomes_of, rule_card, verdicts_of, window_of
from async_db.proving.evidence.two_runs import Pair
from async_db.rules import DATABASES, Rule


def evidence_page(
    evidence: Evidence,
    rules: Sequence[Rule],
    pairs: Iterable[Pair],
    diffs: Mapping[str, str],
    *,
    faults: Faults | None = None,
    title: str = "Evidence",
) -> str:
    """Give the page of a verification.

    Parameters:
        evidence: what was found.
        rules: those that were tried, in the order of the page.
        pairs: what there is to draw, in any order.
        diffs: the text of each rule's counterexample, by the rule's name.
        faults: what became of the service under faults; None leaves that out.
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
            rule_card(rule, number, results[rule.name], drawn, diffs.get(rule.name, ""))
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
        faults_section(faults) if faults else "",
        f"<h2 id=pictures>What happens when a rule is kept, and when it is broken</h2>{LEGEND}",
        _filter(topics),
        *sections,
        "</main>",
    ]
    return page(title, "\n".join(body))


def _lead(evidence: Evidence) -> str:
    if not evidence.results:
        return "<p class=lead>No rule was tried.</p>"
    run = [result for result in evidence.results if not result.not_run]
    wrong = sum(not result.good for result in run)
    if not run:
        words = "Nothing could be run."
    elif wrong:
        words = f"{wrong} of {counted(len(run), 'trial')} did not go as stated."
    elif not evidence.good:
        words = "Every rule was proved and refuted; the service's own tests did not all pass."
    elif not evidence.complete:
        words = "Every rule that could be run was proved, and refuted with its counterexample."
    elif all(result.refuted_on for result in run):
        words = "Every rule was proved on the scaffold; it is refuted on another wiring."
    else:
        words = "Every rule was proved on the scaffold, and refuted with its counterexample."
    not_run = "".join(
        f"<p class=lead>Not run: {text(result.rule)} on {DATABASES[result.database]}: "
        f"{text(result.not_run or '', 160)}</p>"
        for result in evidence.not_run
    )
    return f"<p class=lead>{words}</p>{not_run}"


def _totals(evidence: Evidence, rules: Sequence[Rule]) -> str:
    trials = len(evidence.results)
    broken = [result for result in evidence.results if result.refuted_on is None]
    seconds = sum(result.seconds for result in evidence.results)
    seconds += sum(tests.seconds for tests in evidence.service_tests)
    return tiles(
        ("rule" if len(rules) == 1 else "rules", str(len(rules))),
        ("proved", f"{sum(result.proved is True for result in evidence.results)} of {trials}"),
        ("refuted", f"{sum(result.refuted is True for result in broken)} of {len(broken)}"),
        ("observed", f"{sum(result.observed is True for result in broken)} of {len(broken)}"),
        ("audited", f"{sum(result.audited is True for result in broken)} of {len(broken)}"),
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
            f"{_tests_on([tests for tests in evidence.service_tests if tests.database == key])}</td>"
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
        f"<td data-name={label}>{verdicts_of([r for r in results if r.database == key])}</td>"
        for key, label in DATABASES.items()
    )
    return (
        f"<tr><th scope=row>{_link(rule)}</th><td data-name=window>{window_of(rule)}</td>"
        f"{cells}<td data-name=outcome>{outcomes_of(rule)}</td></tr>"
    )


def _link(rule: Rule) -> str:
    return f'<a class=mono href="#{text(rule.name)}">{text(rule.name)}</a>'


def _tests_on(tests: Sequence[ServiceTests]) -> str:
    if len(tests) == 1:
        return _tests(tests[0])
    return "<br>".join(f"{text(part.wiring)}: {_tests(part)}" for part in tests)


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
