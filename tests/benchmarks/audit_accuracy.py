"""Compare what `audit` says of public repositories with what people judged, and with what they mended.

`tests/auditing/labels` has findings that somebody read and judged, `tests/auditing/fixes` has commits
that mended something: each file that they mended for it must be told on the commit before. No code of
these repositories is here; clones of them are given.
"""

import json
import sys
import tomllib
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "tests")]

from async_db.auditing import ChangesError, Request, audit, checked_out
from async_db.findings import Finding
from async_db.proving import EvidenceError, check_writable, pipe_table, with_table, write_text
from helpers.benchmark_arguments import benchmark_parser

MARKS = ("<!-- audit-accuracy -->", "<!-- /audit-accuracy -->")
LABELS, FIXES = ROOT / "tests/auditing/labels", ROOT / "tests/auditing/fixes"
GRADES = ("proven", "suspected", "review")
VERDICTS = ("right", "debatable", "wrong")
EPILOG = """\
CLONES is a folder with clones named owner+name, bare or not; those that are not there are told.

examples:
  uv run tests/benchmarks/audit_accuracy.py ../clones
  uv run tests/benchmarks/audit_accuracy.py ../clones --unjudged                what nobody has judged yet
  uv run tests/benchmarks/audit_accuracy.py ../clones --update README.md        put the table there

exit codes:
  0  nothing that was judged wrong is called proven, and 9 of 10 files that were mended are told
  1  otherwise, or a repository is missing
  2  the call was wrong
"""
ENOUGH = 0.9


@dataclass(frozen=True)
class Label:
    """What somebody said of one repository's findings.

    Parameters:
        repository: `owner/name`.
        commit: that was read.
        corrected: whether a detector was changed by what was seen there.
        verdicts: of `VERDICTS`, by rule and place, `path:line`.
    """

    repository: str
    commit: str
    corrected: bool
    verdicts: Mapping[tuple[str, str], str]


@dataclass(frozen=True)
class Fix:
    """What somebody mended.

    Parameters:
        repository: `owner/name`.
        commit: that mended it.
        corrected: whether a detector was changed by it.
        rules: any of which tells it.
        files: that were changed for it, and not for anything else.
    """

    repository: str
    commit: str
    corrected: bool
    rules: tuple[str, ...]
    files: tuple[str, ...]


@dataclass
class Judged:
    """How many findings of one grade have which verdict, `unjudged` among them."""

    grade: str
    corrected: bool
    counts: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Told:
    """Of a fix: how many files of it are told on the commit before, and which are not."""

    repository: str
    commit: str
    corrected: bool
    rules: tuple[str, ...]
    files: int
    missed: tuple[str, ...]


def read_labels(folder: Path) -> list[Label]:
    """Read the labels, a file for each repository."""
    found: list[Label] = []
    for path in sorted(folder.glob("*.toml")):
        data = tomllib.loads(path.read_text("utf-8"))
        verdicts = {
            (rule, place): verdict
            for verdict in VERDICTS
            for rule, places in data.get(verdict, {}).items()
            for place in places
        }
        found.append(Label(data["repository"], data["commit"], data["corrected"], verdicts))
    return found


def read_fixes(folder: Path) -> list[Fix]:
    """Read the fixes, a file for each repository."""
    found: list[Fix] = []
    for path in sorted(folder.glob("*.toml")):
        data = tomllib.loads(path.read_text("utf-8"))
        found += [
            Fix(
                data["repository"],
                each["commit"],
                each["corrected"],
                tuple(each["rules"]),
                tuple(each["files"]),
            )
            for each in data["fixes"]
        ]
    return found


def judge(label: Label, findings: Iterable[Finding]) -> list[tuple[Finding, str]]:
    """Give each finding with its verdict, or `unjudged`."""
    return [
        (each, label.verdicts.get((each.rule, f"{each.path}:{each.line}"), "unjudged"))
        for each in findings
    ]


def tell(fix: Fix, findings: Iterable[Finding]) -> Told:
    """Say which files of a fix are told, as the place of a finding or on the way to it."""
    told: set[str] = set()
    for each in findings:
        if each.rule in fix.rules:
            told.add(each.path)
            told |= {line.partition(":")[0] for line in each.evidence}
    missed = tuple(each for each in fix.files if each not in told)
    return Told(fix.repository, fix.commit, fix.corrected, fix.rules, len(fix.files), missed)


def findings_at(clones: Path, repository: str, commit: str) -> list[Finding]:
    """Audit a repository as it was at a commit.

    Raises:
        ChangesError: there is no clone of it, or no such commit in it.
    """
    clone = clones / repository.replace("/", "+")
    inner = clone / "repo"
    if not clone.is_dir():
        raise ChangesError(f"no clone {clone}")
    with checked_out(inner if inner.is_dir() else clone, commit) as folder:
        return list(audit(Request(folder, ("findings",))).findings or ())


def measure(
    clones: Path, labels: Sequence[Label], fixes: Sequence[Fix], *, unjudged: bool
) -> tuple[list[Judged], list[Told], list[str]]:
    """Audit all that is there; give the counts, what was told of the fixes, and what is missing."""
    counts = {
        (grade, corrected): Judged(grade, corrected)
        for grade in GRADES
        for corrected in (True, False)
    }
    told: list[Told] = []
    missing: list[str] = []
    for label in labels:
        _show(label.repository)
        try:
            findings = findings_at(clones, label.repository, label.commit)
        except ChangesError as error:
            missing.append(f"{label.repository}: {error}")
            continue
        for finding, verdict in judge(label, findings):
            counts[finding.grade, label.corrected].counts[verdict] += 1
            if (unjudged and verdict == "unjudged") or (verdict, finding.grade) == (
                "wrong",
                "proven",
            ):
                place = f"{label.repository}  {finding.path}:{finding.line}"
                _show(f"{place}  {finding.grade} {finding.rule}: {verdict}")
    for fix in fixes:
        _show(f"{fix.repository} before {fix.commit[:9]}")
        try:
            told.append(tell(fix, findings_at(clones, fix.repository, f"{fix.commit}^")))
        except ChangesError as error:
            missing.append(f"{fix.repository}: {error}")
    return list(counts.values()), told, missing


def table(judged: Sequence[Judged], told: Sequence[Told]) -> str:
    """Draw what was found, a row for each grade and each kind of fix."""
    rows: list[list[str]] = []
    for corrected, where in ((False, "not looked at before"), (True, "that corrected it")):
        for each in judged:
            if each.corrected == corrected and each.counts:
                rows.append([f"{each.grade}, in repositories {where}", *_counted(each.counts)])
    header = ["findings", *VERDICTS, "not judged"]
    fixes = [["fixes that people made", "files mended", "told before"]]
    for corrected, where in ((False, "not looked at before"), (True, "that corrected it")):
        some = [each for each in told if each.corrected == corrected]
        files, missed = sum(each.files for each in some), sum(len(each.missed) for each in some)
        if files:
            share = f"{files - missed} ({(files - missed) / files:.0%})"
            fixes.append([f"{len(some)} {where}", str(files), share])
    return f"{pipe_table([header, *rows])}\n{pipe_table(fixes)}"


def _counted(counts: Counter[str]) -> list[str]:
    return [str(counts[verdict]) for verdict in (*VERDICTS, "unjudged")]


def is_enough(judged: Sequence[Judged], told: Sequence[Told]) -> bool:
    """Say whether nothing wrong is called proven, and enough of what was mended is told."""
    files, missed = sum(each.files for each in told), sum(len(each.missed) for each in told)
    wrong = sum(each.counts["wrong"] for each in judged if each.grade == "proven")
    return wrong == 0 and files - missed >= ENOUGH * files


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and give its exit code."""
    options = _parser().parse_args(arguments)
    try:
        if not options.clones.is_dir():
            raise EvidenceError(f"{options.clones}: no such folder")
        if options.update:
            check_writable(options.update)
            with_table(options.update.read_text("utf-8"), "", MARKS)
    except (EvidenceError, OSError, UnicodeDecodeError) as error:
        _show(str(error))
        return 2
    judged, told, missing = measure(
        options.clones, read_labels(LABELS), read_fixes(FIXES), unjudged=options.unjudged
    )
    for each in told:
        for path in each.missed:
            _show(f"not told: {each.repository} before {each.commit[:9]}: {path}")
    for line in missing:
        _show(f"not read: {line}")
    if options.format == "json":
        print(json.dumps(_data(judged, told, missing), indent=2))
    else:
        print(table(judged, told), end="")
    if missing or not is_enough(judged, told):
        return 1
    if options.update:
        text = options.update.read_text("utf-8")
        write_text(with_table(text, table(judged, told), MARKS), options.update)
    return 0


def _data(judged: Sequence[Judged], told: Sequence[Told], missing: Sequence[str]) -> dict[str, Any]:
    return {
        "findings": [asdict(each) for each in judged],
        "fixes": [asdict(each) for each in told],
        "missing": list(missing),
    }


def _show(text: str) -> None:
    print(f"audit_accuracy: {text}", file=sys.stderr)


def _parser() -> ArgumentParser:
    parser = benchmark_parser("audit_accuracy", __doc__, EPILOG)
    parser.add_argument("clones", metavar="CLONES", type=Path, help="where the clones are")
    parser.add_argument("--unjudged", action="store_true", help="tell what nobody has judged")
    parser.add_argument(
        "--update", metavar="FILE", type=Path, help=f"put the table between {MARKS[0]} and its end"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
