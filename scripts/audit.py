# /// script
# requires-python = ">=3.11"
# dependencies = []
# ///
"""Read a service's source, and say what to change, where, and in which order."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path

sys.dont_write_bytecode = True  # nothing is written into the pack's folder

from async_db.auditing import (
    PARTS,
    RULES,
    Audit,
    AuditError,
    ChangesError,
    Request,
    SettingsError,
    as_data,
    as_report,
    audit,
)
from async_db.findings import (
    FORMATS,
    BaselineError,
    CommandParser,
    baseline_text,
    format_findings,
    print_whole,
    visible,
)
from async_db.target import TargetError

REFERENCES = Path(__file__).resolve().parent.parent / "references"
NOTHING, FINDINGS, REFUSED, INTERRUPTED = 0, 1, 2, 130

EXAMPLES = """\
examples:
  python3 scripts/audit.py ../shop                                  # what is there, what is wrong
  python3 scripts/audit.py ../shop --only inventory --format json
  python3 scripts/audit.py ../shop --rule session/commit-before-response --all
  python3 scripts/audit.py ../shop --format sarif > audit.sarif      # or github, in a workflow
  python3 scripts/audit.py ../shop --diff origin/main               # only what the change adds
  python3 scripts/audit.py ../shop --write-baseline known.json
  python3 scripts/audit.py ../shop --baseline known.json

It needs Python 3.11 and nothing else, changes nothing, and never imports what it reads. A comment
`# async-db: ignore[topic/slug] reason` takes a finding on; a table [tool.async-db.audit] in the
target's pyproject.toml may say exclude, ignore (lists) and baseline.

exit codes:
  0    nothing to say
  1    findings, or a comment that allows what nothing needs
  2    the call or its input was wrong
  130  interrupted
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; answers with its exit code."""
    parser = build_parser()
    call = parser.parse_args(arguments)
    if call.list_rules:
        return _list_rules()
    if call.path is None:
        parser.error("name the project's folder")
    only = tuple(call.only or ())
    if call.format in ("sarif", "github") or call.write_baseline:
        if only and "findings" not in only:
            parser.error("only findings are told as sarif or github, or written as a baseline")
        only = ("findings",)
    parts = tuple(part for part in PARTS if not only or part in only)
    if call.rule and not only:
        parts = ("findings",)
    try:
        rules = tuple(call.rule or ())
        audited = audit(Request(call.path, parts, rules, call.diff, call.baseline, _catalogue))
        if call.write_baseline:
            text = baseline_text(audited.findings or ())
            call.write_baseline.write_text(text, encoding="utf-8")
            return NOTHING
        print_whole(_told(audited, call.format, everything=call.all))
    except (
        AuditError,
        BaselineError,
        ChangesError,
        SettingsError,
        TargetError,
    ) as error:
        return _refused(str(error))
    except OSError as error:
        return _refused(f"{error.filename or 'the output'}: {error.strerror}")
    except KeyboardInterrupt:
        print("audit: interrupted", file=sys.stderr)
        return INTERRUPTED
    return FINDINGS if audited.findings or audited.idle else NOTHING


def _list_rules() -> int:
    try:
        print_whole("".join(f"{rule}\n" for rule in RULES))
    except OSError as error:
        return _refused(f"the output: {error.strerror}")
    return NOTHING


def build_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = CommandParser(
        prog="audit.py",
        description=__doc__,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("path", nargs="?", type=Path, metavar="PATH", help="the project's folder, or one file")
    add("--only", action="append", choices=PARTS, help="tell just this part; may be repeated")
    add("--rule", action="append", metavar="TOPIC/SLUG", help="look at this rule alone")
    add("--list-rules", action="store_true", help="tell the rules that source can show")
    add("--format", choices=FORMATS, default="text", help="how it is told (default: text)")
    add("--all", action="store_true", help="tell every place, however many there are")
    add("--diff", default="", metavar="BASE", help="only what was not found at this commit")
    add("--baseline", type=Path, metavar="FILE", help="findings that are known and not told")
    add("--write-baseline", type=Path, metavar="FILE", help="write what is found now, and end")
    return parser


@cache
def _claims() -> dict[str, str]:
    """The rules by their names, and what each says; most audits need none of it."""
    from async_db.rules import CatalogueError, load_short_texts  # most audits need none of it

    try:
        return {rule.name: rule.claim for rule in load_short_texts(REFERENCES)}
    except CatalogueError as error:
        raise AuditError(str(error)) from error


def _catalogue() -> frozenset[str]:
    return frozenset(_claims())


def _told(audited: Audit, format: str, *, everything: bool) -> str:
    match format:
        case "json":
            return as_data(audited)
        case "text":
            return as_report(audited, everything=everything)
    claims = _claims()
    told = {rule: claims[rule] for rule in audited.rules if rule in claims}
    return format_findings(
        audited.findings or (), format, tool="audit", rules=told, notices=audited.notices
    )


def _refused(message: str) -> int:
    print(f"audit: {visible(message)}", file=sys.stderr)
    return REFUSED


if __name__ == "__main__":
    sys.exit(main())
