"""What the audit says of a scaffold's source, and of what a counterexample makes of it."""

from collections.abc import Collection
from pathlib import Path

from async_db.auditing import FINDS, RULES, Service, findings_of
from async_db.findings import Finding
from async_db.proving.judging import located
from async_db.proving.scaffolds import PROOFS
from async_db.rules import Rule
from async_db.target import TargetError, read_project


class Unread(Exception):
    """The audit could not read a part of the project; the message names it."""


def audited(project: Path, rules: Collection[str] = ()) -> list[Finding]:
    """Give what the audit finds in a service and in its own tests, whatever is suppressed there.

    Args:
        project: its folder; the proofs in it may do what the service must not.
        rules: the names of the rules that are asked for; none stand for all.

    Raises:
        Unread: not all of it could be read.
    """
    try:
        read = read_project(project)
    except TargetError as error:
        raise Unread(str(error)) from error
    if read.skipped:
        raise Unread(f"{read.skipped[0].path}: {read.skipped[0].reason}")
    found = findings_of(Service(read), rules)
    return [finding for finding in found if not finding.path.startswith(f"{PROOFS}/")]


def told_of_scaffold(project: Path) -> tuple[str, str] | None:
    """Give a rule that the audit finds broken in a scaffold, or none, and what it says of it."""
    try:
        found = audited(project)
    except Unread as error:
        return "", f"audit cannot read the scaffold: {error}"
    return (found[0].rule, f"audit reports {located(found[0])}") if found else None


def told_of_counterexample(rule: Rule, project: Path) -> tuple[bool, str | None]:
    """Say whether the audit finds a rule's counterexample, and what is wrong with that."""
    if rule.name not in RULES:
        return False, None
    try:
        found = any(finding.rule == rule.name for finding in audited(project, (rule.name,)))
    except Unread as error:
        return False, f"audit cannot read the counterexample: {error}"
    if found != (rule.name in FINDS):
        if found:
            return found, "audit reports the counterexample, which its detector says is hidden"
        return found, "audit does not report the counterexample"
    return found, None
