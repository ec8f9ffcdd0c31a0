"""What the page of evidence says of one rule: its claim, its counterexample, and what came of both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from async_db.findings import merged
from async_db.pages import code, counted, finding_text, prose, text
from async_db.proving.evidence.results import Result
from async_db.proving.evidence.two_runs import Pair, sides
from async_db.rules import DATABASES, Rule

MAX_DIFF_LINES = 300


def window_of(rule: Rule) -> str:
    return text("; ".join(map(str, rule.window)) or "any release")


def outcomes_of(rule: Rule) -> str:
    """Give what the text states, once for both databases where that is the same."""
    on = {key: rule.outcomes_on(key) for key in rule.databases}
    if len(set(on.values())) <= 1:
        return _literals(next(iter(on.values()), ()))
    return "<br>".join(f"{DATABASES[key]}: {_literals(texts)}" for key, texts in on.items())


def _literals(texts: Sequence[str]) -> str:
    return "; ".join(f"<code>{text(literal, 160)}</code>" for literal in texts)


def _verdict(result: Result) -> str:
    if result.not_run:
        return f"<span class=tag>? not run</span><div class=soft>{text(result.not_run, 160)}</div>"
    marks = _tag(result.proved, "proved")
    marks += "" if result.refuted_on else _tag(result.refuted, "refuted")
    marks += _tag(done=True, word="observed") if result.observed else ""
    marks += _tag(done=True, word="audited") if result.audited else ""
    if result.good:
        return marks
    return f"{marks}<div class=soft>{text(result.reason or '', 160)}</div>"


def verdicts_of(results: Sequence[Result]) -> str:
    """Give the verdicts on one database, each with its wiring if there are several."""
    if len(results) == 1:
        return _verdict(results[0])
    return "<br>".join(f"{text(result.wiring)}: {_verdict(result)}" for result in results)


def _tag(done: bool | None, word: str) -> str:
    if done is None:
        return f"<span class=tag>? not {word}: not tried</span>"
    return (
        f"<span class='tag good'>✓ {word}</span>"
        if done
        else f"<span class='tag bad'>✗ not {word}</span>"
    )


def rule_card(
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
        f"<dl class=facts><dt>holds for</dt><dd>{window_of(rule)}</dd>"
        f"<dt>when broken</dt><dd>{outcomes_of(rule)}</dd></dl>"
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
    verdicts = verdicts_of(results)
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
        f"{verdicts}{outcome}</h4>{sides(pair)}{reported}</section>"
    )
