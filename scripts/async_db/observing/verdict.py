"""Whether a run fails, decided before anything is written."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..findings import (
    Allowance,
    BaselineError,
    Finding,
    Notice,
    allowance_notices,
    baseline_text,
    blind,
    new_findings,
    read_baseline,
    without_allowed,
)
from .options import Options

FOUND = 1
BLIND = 3
"""Exit codes, which are pytest's own for failed tests and for an internal error."""


_OLD = "is of an older form: it counts, and to update it renews it."


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is told, and what the run ends with if the tests alone would pass.

    Parameters:
        findings: those that are new.
        notices: what could not be judged.
        exit_code: 0 unless the run is to fail.
        baseline: what to write as the new baseline, if it is to be written.
    """

    findings: tuple[Finding, ...]
    notices: tuple[Notice, ...]
    exit_code: int
    baseline: str | None = None


def judge(
    findings: Iterable[Finding],
    notices: Iterable[Notice],
    options: Options,
    allowances: Iterable[Allowance] = (),
    judged: frozenset[str] = frozenset(),
    rules: frozenset[str] = frozenset(),
) -> Verdict:
    """Hold what was found against what is allowed, the baseline and the grades that fail a run.

    Parameters:
        findings: all that were found.
        notices: what could not be judged.
        options: what was asked for.
        allowances: what the project allows itself beside its code.
        judged: the rules that were looked at.
        rules: the names of all rules, where they are known.
    """
    given = list(allowances)
    found, needed = without_allowed(findings, given)
    told = [*notices, *allowance_notices(given, needed, judged, rules)]
    new, baseline = found, None
    if options.baseline and options.updates_baseline:
        if blind(tuple(told)):
            told.append(Notice("The baseline stays as it was: not everything was seen.", "error"))
        else:
            new, baseline = [], baseline_text(found)
    elif options.baseline and options.baseline.exists():
        try:
            known = read_baseline(options.baseline)
            new = new_findings(found, known)
            if known.by_message:
                told.append(Notice(f"{options.baseline} {_OLD}"))
        except BaselineError as error:
            told.append(Notice(f"The baseline is not held against: {error}", "error"))
    elif options.baseline:
        told.append(Notice(f"There is no baseline at {options.baseline}: all findings are new."))
    code = 0
    if options.failing and blind(tuple(told)):
        code = BLIND
    if any(finding.grade in options.failing for finding in new):
        code = FOUND
    return Verdict(tuple(new), tuple(told), code, baseline)
