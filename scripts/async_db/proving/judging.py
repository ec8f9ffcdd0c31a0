"""What a run of tests says of a rule: whether it is proved, refuted and observed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from async_db.findings import Finding
from async_db.proving.children.job import Outcome, Report
from async_db.proving.evidence.results import ServiceTests
from async_db.proving.scaffolds import PROOFS
from async_db.rules import Rule
from async_db.servers import NOT_RUN
from async_db.traces import Recording

_MESSAGE_WIDTH = 400


@dataclass(frozen=True)
class Proof:
    """Whether a rule's proof passes; `reason` says why it does not or was not tried."""

    proved: bool | None
    reason: str | None
    seconds: float = 0.0
    recorded: Recording | None = None
    not_run: str | None = None
    """Which program this machine lacks for it; else None."""


def outside_window(rule: Rule, releases: Mapping[str, str]) -> str | None:
    """Say which of the releases a rule does not hold for, if any; unlisted projects pass."""
    for requirement in rule.window:
        version = releases.get(requirement.distribution)
        if version is not None and not requirement.holds(version):
            return f"outside its window: {requirement.project} {version} is not {requirement}"
    return None


def judge_proof(rule: Rule, report: Report) -> Proof:
    """Judge a rule by a run on the scaffold: it has tests there, and all of them passed."""
    own = _tests_of(rule, report)
    seconds = sum((outcome.seconds for outcome in own), 0.0)
    for finding in (finding for outcome in own for finding in _findings_in(outcome)):
        # A proof may do in a route of its own what the scaffold must not.
        if finding.rule == rule.name and not finding.path.startswith(f"{PROOFS}/"):
            return Proof(False, f"observe reports the scaffold: {located(finding)}", seconds)
    for outcome in own:
        if outcome.status == "failed":
            return Proof(False, f"proof failed: {_told(outcome)}", seconds)
    for outcome in own:
        if outcome.status == "skipped":
            told = _told(outcome)
            if NOT_RUN in told:
                return Proof(None, None, seconds, not_run=told.partition(NOT_RUN)[2])
            return Proof(False, f"proof skipped: {told}", seconds)
    if report.unusable:
        return Proof(False, f"proof failed: {_one_line(report.unusable)}", seconds)
    running = report.running
    if report.problem and running and rule.name in running.rules:
        return Proof(False, report.problem, seconds)
    # Files run one after the other: what came before the file that was cut off is complete.
    elsewhere = own and running and not running.test.startswith(f"{rule.proof}::")
    if report.problem and not elsewhere:
        return Proof(None, f"not tried to the end: {_stopped(report)}", seconds)
    if not own:
        return Proof(False, "no proof", seconds)
    return Proof(True, None, seconds)


def judge_refutation(
    rule: Rule, database: str, report: Report
) -> tuple[tuple[str, ...], str | None]:
    """Judge a rule by a run of its proof under its counterexample.

    Returns:
        The stated outcomes that were seen, and what is wrong or None: all tests of the rule must
        have failed, each with a stated outcome, and each stated outcome must have been seen.
    """
    stated = rule.outcomes_on(database)
    if report.problem:
        return (), report.problem
    own = _tests_of(rule, report)
    told = [outcome.messages for outcome in own if outcome.status == "failed"]
    if report.unusable:
        told.append((report.unusable,))
    seen = tuple(text for text in stated if any(_shows(text, messages) for messages in told))
    passing = [outcome.test for outcome in own if outcome.status == "passed"]
    if passing:
        tests = f" ({len(passing)} of {len(own)} tests)" if told else ""
        return seen, f"proof still passes under its counterexample{tests}"
    if not told:
        return seen, "no test of the proof was run under its counterexample"
    for messages in told:
        if not any(_shows(text, messages) for text in stated):
            wanted = "” or “".join(stated)
            said = _one_line(messages[0] if messages else "")
            return seen, f"fails, but with “{said}” instead of the stated outcome “{wanted}”"
    for text in stated:
        if text not in seen:
            return seen, f"fails, but never with the stated outcome “{text}”"
    return seen, None


def judge_observation(rule: Rule, *, observed: bool) -> str | None:
    """Say what is wrong, if the text claims of `observe` what a run under it did not show."""
    if observed and not rule.observed:
        return "observe reports the counterexample, which the text does not say"
    if rule.observed and not observed:
        return "observe does not report the counterexample"
    return None


def judge_service_tests(wiring: str, database: str, report: Report) -> ServiceTests:
    """Judge the service's own tests in a run: some passed, none failed, `observe` found nothing."""
    own = [outcome for outcome in report.outcomes if not _is_proof(outcome)]
    failed = [outcome for outcome in own if outcome.status == "failed"]
    passed = sum(outcome.status == "passed" for outcome in own)
    reason = report.unusable or (report.problem and _stopped(report))
    if failed:
        reason = f"{failed[0].test}: {_told(failed[0])}"
    elif found := [finding for outcome in own for finding in _findings_in(outcome)]:
        reason = f"observe reports {located(found[0])}"
    elif not reason and not passed:
        reason = "no test passed"
    return ServiceTests(
        wiring=wiring,
        database=database,
        passed=passed,
        failed=len(failed),
        skipped=len(own) - passed - len(failed),
        seconds=sum((outcome.seconds for outcome in own), 0.0),
        reason=reason,
    )


def findings_of(report: Report) -> list[Finding]:
    """Give what `observe` reports of a run, also of what came after its last test."""
    recordings = [outcome.recording for outcome in report.outcomes] + [report.afterwards]
    return [finding for recording in recordings if recording for finding in recording.findings]


def recorded_in(rule: Rule, report: Report) -> Recording:
    """Give what a rule's proof did to the database in a run."""
    recordings = [outcome.recording for outcome in _tests_of(rule, report) if outcome.recording]
    return Recording(
        tuple(request for recording in recordings for request in recording.requests),
        tuple(event for recording in recordings for event in recording.outside),
    )


def _findings_in(outcome: Outcome) -> tuple[Finding, ...]:
    return outcome.recording.findings if outcome.recording else ()


def located(finding: Finding) -> str:
    return f"{finding.rule} at {finding.path}:{finding.line}: {finding.message}"


def _tests_of(rule: Rule, report: Report) -> list[Outcome]:
    """Give the outcomes that concern a rule: by their marks, or by the file they come from."""
    return [
        outcome
        for outcome in report.outcomes
        if rule.name in outcome.rules or outcome.test == str(rule.proof)
    ]


def _shows(text: str, messages: Iterable[str]) -> bool:
    wanted = " ".join(text.split())
    return any(wanted in " ".join(message.split()) for message in messages)


def _is_proof(outcome: Outcome) -> bool:
    return outcome.test.startswith(f"{PROOFS}/")


def _stopped(report: Report) -> str:
    where = f" in {report.running.test}" if report.running else ""
    return f"{report.problem}{where}"


def _told(outcome: Outcome) -> str:
    return _one_line(outcome.messages[0] if outcome.messages else "no message")


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _MESSAGE_WIDTH else line[:_MESSAGE_WIDTH].rstrip() + "…"
