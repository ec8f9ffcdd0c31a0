"""The arguments of the verify command, and what its help says."""

import argparse
import os
from pathlib import Path

DATABASES = ("sqlite", "postgresql")

DESCRIPTION = """\
Render the scaffold, run its tests and the proof of every rule, then apply each rule's
counterexample and see the proof fail as the rule's text states. PostgreSQL is started from a
wheel for the length of the run; SQLite is a file. Nothing is left behind but the evidence.

A rule that needs a program which is not installed is reported as not run, with the line that
installs it; it counts as neither proved nor failed.

With --releases all this is done on several releases of FastAPI, SQLAlchemy and others, each set
of them in an environment of its own, and what is seen is compared with each rule's window, on
both sides of its edges. That alone uses the network: uv fetches what it has not kept.
"""

EPILOG = """\
examples:
  python scripts/verify.py                                 everything, on both databases
  python scripts/verify.py --rules 'session/*,pooling/*'   the rules of two topics
  python scripts/verify.py --rules session/commit-before-response --database sqlite --keep
                                                           one rule; keep the projects to look at
  python scripts/verify.py --explain session/commit-before-response
                                                           read of it; needs no packages
  python scripts/verify.py --wiring modern-di              what holds on that wiring, too
  python scripts/verify.py --models sqlmodel               what holds with SQLModel, too
  python scripts/verify.py --releases                      which rules apply to which releases
  python scripts/verify.py --format json | jq .results     the evidence on standard output

exit codes:
  0    every rule that could be run was proved and refuted, and the scaffold's own tests passed
  1    something was not, as the table says, or the file to --check shows another table,
       or a window is not what --releases shows, or with --strict something could not be run
  2    the call or its input was wrong
  130  interrupted (143 when ended by SIGTERM, 129 by SIGHUP)
"""


def argument_parser() -> argparse.ArgumentParser:
    """Make the parser of the command's arguments."""
    from async_db.findings import CommandParser  # not for child processes, which parse nothing

    parser = CommandParser(
        prog="verify.py",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _add_what_to_verify(parser)
    _add_what_to_explain(parser)
    _add_what_is_expected(parser)
    _add_where_evidence_goes(parser)
    _add_how_it_is_run(parser)
    return parser


def _add_what_to_verify(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--rules",
        metavar="PATTERNS",
        type=_patterns,
        action="append",
        default=[],
        help="names of rules, with * and ?, separated by commas; may be repeated. "
        "The scaffold's own tests run only without it",
    )
    parser.add_argument(
        "--database",
        choices=DATABASES,
        action="append",
        help="only on this database; may be repeated (default: both)",
    )
    parser.add_argument(
        "--wiring",
        metavar="NAME",
        action="append",
        help="only on the scaffold that hands out sessions in this way, which is a value of its "
        "option 'wiring'; may be repeated (default: each)",
    )
    parser.add_argument(
        "--models",
        metavar="NAME",
        help="on the scaffold of these models, which is a value of its option 'models', as "
        "sqlmodel: all that holds for them, and its own tests (default: sqlalchemy)",
    )
    parser.add_argument(
        "--releases",
        action="store_true",
        help="on several sets of releases, each installed by uv in an environment of its own; "
        "compares what is seen with the windows. Uses the network",
    )
    parser.add_argument(
        "--environments",
        metavar="DIR",
        type=Path,
        help="with --releases: keep the environments here, and use those that are here already",
    )
    parser.add_argument(
        "--outside-windows",
        action="store_true",
        help="try a rule also where the installed releases are outside its window",
    )
    parser.add_argument(
        "--root",
        metavar="PATH",
        type=Path,
        default=Path(__file__).resolve().parents[3],
        help="the pack to verify: references/, templates/ and tests/ (default: this one)",
    )


def _add_what_to_explain(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--explain",
        metavar="TOPIC/SLUG",
        help="run nothing: tell this rule in full, with its counterexample and what it leads to",
    )
    parser.add_argument(
        "--all",
        action="store_true",
        help="print all of the table, or of what --explain tells, also beyond 10,000 characters",
    )


def _add_what_is_expected(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--strict",
        action="store_true",
        help="fail, too, if something could not be run because a program is not installed",
    )
    parser.add_argument(
        "--check",
        metavar="FILE",
        type=Path,
        help="exit with 1 unless a Markdown file shows this table between its marks; what could "
        "not be run is not compared. Not with --rules, --database, --wiring, --models or --releases",
    )


def _add_where_evidence_goes(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--evidence",
        metavar="PATH",
        type=Path,
        help="where the evidence goes, with a page to look at of the same name beside it "
        "(default: evidence.json and evidence.html in the working directory, "
        "evidence-of-releases.json and .html with --releases, and none with --rules, --database, "
        "--wiring or --models). The page shows what is in a faults.json beside it, too: "
        "faults.py --format json > faults.json",
    )
    parser.add_argument(
        "--update",
        metavar="FILE",
        type=Path,
        help="put the table between its marks in a Markdown file, if all was run and all is "
        "well; not with --rules, --database, --wiring or --models",
    )
    parser.add_argument(
        "--format",
        choices=("text", "json"),
        default="text",
        help="what goes to standard output: the table or the evidence (default: %(default)s)",
    )


def _add_how_it_is_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--jobs",
        metavar="N",
        type=_positive_integer,
        default=(os.cpu_count() or 1) + 2,
        help="how many runs at once (default: two more than processors, since some of them wait "
        "for a time limit; %(default)s here)",
    )
    parser.add_argument(
        "--timeout",
        metavar="SECONDS",
        type=_positive_number,
        default=60.0,
        help="give up on a run that finishes no test for this long (default: %(default)g)",
    )
    parser.add_argument(
        "--keep",
        action="store_true",
        help="keep the rendered projects and the logs of their runs, and say where they are",
    )


def _patterns(text: str) -> list[str]:
    patterns = [pattern.strip() for pattern in text.split(",") if pattern.strip()]
    if not patterns:
        raise argparse.ArgumentTypeError("no name of a rule")
    return patterns


def _positive_integer(text: str) -> int:
    number = int(text) if text.isdecimal() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"not a positive number: {text!r}")
    return number


def _positive_number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"not a positive number: {text!r}")
    return number
