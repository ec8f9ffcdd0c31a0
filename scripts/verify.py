"""Prove every rule of the pack on real databases, and refute it by its counterexample."""

import argparse
import os
import re
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from async_db.proving.request import Progress, Request

# What is heavy is imported when a verification starts: child processes import this file too.

DATABASES = ("sqlite", "postgresql")
WIRINGS = ("depends",)

DESCRIPTION = """\
Render the scaffold, run its tests and the proof of every rule, then apply each rule's
counterexample and see the proof fail as the rule's text states. PostgreSQL is started from a
wheel for the length of the run; SQLite is a file. Nothing is left behind but the evidence.

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
  python scripts/verify.py --releases                      which rules apply to which releases
  python scripts/verify.py --format json | jq .results     the evidence on standard output

exit codes:
  0    every rule was proved and refuted, and the scaffold's own tests passed
  1    something was not, as the table says, or the file to --check shows another table,
       or a window is not what --releases shows
  2    the call or its input was wrong
  130  interrupted (143 when ended by SIGTERM)
"""


class Interruption:
    """Notes SIGINT and SIGTERM, so that a run ends between two steps and cleans up after itself."""

    def __init__(self) -> None:
        self.signal: int | None = None

    @contextmanager
    def noted(self) -> Iterator[None]:
        """Note signals within the block, instead of being ended by them."""
        before = {
            number: signal.signal(number, self._note) for number in (signal.SIGINT, signal.SIGTERM)
        }
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def __call__(self) -> bool:
        return self.signal is not None

    @property
    def exit_code(self) -> int:
        return 128 + (self.signal or signal.SIGINT)

    def _note(self, number: int, _frame: FrameType | None) -> None:
        self.signal = number


class StatusLine:
    """Shows progress as one line that is written over; shows nothing where that is no terminal."""

    def __init__(self) -> None:
        self._shown = sys.stderr.isatty()

    def show(self, progress: "Progress") -> None:
        """Replace what the line says."""
        if self._shown:
            counts = f"{progress.done}/{progress.total} " if progress.total else ""
            self._write("\r\x1b[K" + f"verify: {counts}{progress.doing}"[: _terminal_width()])

    def clear(self) -> None:
        """Leave the line empty."""
        if self._shown:
            self._write("\r\x1b[K")

    def _write(self, text: str) -> None:
        sys.stderr.write(text)
        sys.stderr.flush()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and give its exit code."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if (options.update or options.check) and (options.rules or options.database):
        parser.error("--update and --check take a complete run: leave out --rules and --database")
    if options.releases and options.check:
        parser.error("--check takes the table of one environment: leave out --releases")
    if options.environments and not options.releases:
        parser.error("--environments is where --releases keeps them: add --releases")
    line = StatusLine()
    interruption = Interruption()
    try:
        with interruption.noted():
            return _run(options, line, interruption)
    except ModuleNotFoundError as error:
        return _ended(line, f"{error}: run it with `uv run`, which installs what it needs", 2)
    except KeyboardInterrupt:  # before or after signals were noted
        interruption.signal = signal.SIGINT
        return _ended(line, "interrupted", interruption.exit_code)


def _run(options: argparse.Namespace, line: StatusLine, interruption: Interruption) -> int:
    from async_db.proving.children.prover import Interrupted, ProvingError
    from async_db.proving.evidence.files import EvidenceError
    from async_db.proving.releases.environments import EnvironmentsError
    from async_db.proving.request import Request, RequestError
    from async_db.rules.catalogue import CatalogueError
    from async_db.scaffold.manifest import ManifestError, OptionError
    from async_db.scaffold.rendering import TemplateError

    request = Request(
        root=options.root.resolve(),
        rules=tuple(pattern for patterns in options.rules for pattern in patterns),
        databases=tuple(dict.fromkeys(options.database or DATABASES)),
        wiring=options.wiring,
        jobs=options.jobs,
        timeout=options.timeout,
        keep=options.keep,
        outside_windows=options.outside_windows,
    )
    input_errors = (
        *(CatalogueError, ManifestError, OptionError, TemplateError),
        *(EnvironmentsError, EvidenceError, ProvingError, RequestError),
    )
    verified = _verified_releases if options.releases else _verified
    try:
        return verified(options, request, line, interruption)
    except (Interrupted, *input_errors) as error:
        # A Ctrl-C in a terminal reaches the programs that are run for us too, and fails them.
        if interruption():
            return _ended(line, "interrupted", interruption.exit_code)
        return _ended(line, " ".join(str(error).split()), 2)
    except OSError as error:  # a disk that is full, a folder that was removed meanwhile
        if interruption():
            return _ended(line, "interrupted", interruption.exit_code)
        return _ended(line, f"{tempfile.gettempdir()}: {_reason(error)}", 2)


def _verified(
    options: argparse.Namespace, request: "Request", line: StatusLine, interruption: Interruption
) -> int:
    """Verify with the releases that are installed here."""
    from async_db.proving.evidence.files import check_writable, write_text
    from async_db.proving.evidence.markdown import with_table
    from async_db.proving.evidence.table import evidence_table
    from async_db.proving.verification import verify

    evidence_path = _evidence_path(options, request)
    if options.update:
        check_writable(options.update)
        with_table(_text_of(options.update), "")
    if options.check:
        with_table(_text_of(options.check), "")
    verified = verify(request, line.show, interruption)
    evidence = verified.evidence
    table = evidence_table(evidence, request.databases)
    write_text(evidence.to_json(), evidence_path)
    write_text(verified.page(), evidence_path.with_suffix(".html"))
    if options.update and evidence.good:
        write_text(with_table(_text_of(options.update), table), options.update)
    line.clear()
    checked = _text_of(options.check) if options.check else ""
    outdated = bool(options.check) and with_table(checked, table) != checked
    if outdated and evidence.good:
        message = f"{options.check} does not show this table: --update {options.check} does it"
        print(f"verify: {message}", file=sys.stderr)
    if verified.folder is not None:
        print(f"verify: projects and logs are in {verified.folder}", file=sys.stderr)
    _print(evidence.to_json() if options.format == "json" else table)
    return 0 if evidence.good and not outdated else 1


def _verified_releases(
    options: argparse.Namespace, request: "Request", line: StatusLine, interruption: Interruption
) -> int:
    """Verify on each set of releases, and compare with the windows."""
    from async_db.proving.evidence.files import check_writable, write_text
    from async_db.proving.evidence.markdown import RELEASES_MARKS, with_table
    from async_db.proving.releases.runs import verify_releases

    evidence_path = _evidence_path(options, request)
    if options.update:
        check_writable(options.update)
        with_table(_text_of(options.update), "", RELEASES_MARKS)
    matrix = verify_releases(request, options.environments, line.show, interruption)
    write_text(matrix.to_json(), evidence_path)
    write_text(matrix.page, evidence_path.with_suffix(".html"))
    if options.update and matrix.good:
        updated = with_table(_text_of(options.update), matrix.to_table(), RELEASES_MARKS)
        write_text(updated, options.update)
    line.clear()
    for folder in matrix.folders:
        print(f"verify: {folder}", file=sys.stderr)
    _print(matrix.to_json() if options.format == "json" else matrix.to_table())
    return 0 if matrix.good else 1


def _evidence_path(options: argparse.Namespace, request: "Request") -> Path:
    """Give the path of the evidence, once it is sure that it can be written."""
    from async_db.proving.evidence.files import EvidenceError, check_writable

    path: Path = options.evidence or request.root / "evidence.json"
    if path.suffix == ".html":
        raise EvidenceError(f"{path}: is the place of the page; name the JSON beside it")
    check_writable(path)
    check_writable(path.with_suffix(".html"))
    return path


def _print(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def _reason(error: OSError) -> str:
    """Give an error's reason; copying a tree collects one for each of its files."""
    if isinstance(error, shutil.Error):
        return re.sub(r": '.*", "", str(error.args[0][0][2]), flags=re.DOTALL)
    return error.strerror or str(error)


def _text_of(path: Path) -> str:
    from async_db.proving.evidence.files import EvidenceError

    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise EvidenceError(f"{path}: cannot be read: {error}") from error


def _ended(line: StatusLine, message: str, code: int) -> int:
    line.clear()
    print(f"verify: {message}", file=sys.stderr)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="verify.py",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
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
        choices=WIRINGS,
        default="depends",
        help="how the scaffold hands out sessions (default: %(default)s)",
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
        "--evidence",
        metavar="PATH",
        type=Path,
        help="where the evidence goes, with a page to look at of the same name beside it "
        "(default: evidence.json and evidence.html in the pack's folder)",
    )
    parser.add_argument(
        "--update",
        metavar="FILE",
        type=Path,
        help="put the table between its marks in a Markdown file, if all is well; "
        "not with --rules or --database",
    )
    parser.add_argument(
        "--check",
        metavar="FILE",
        type=Path,
        help="exit with 1 unless a Markdown file shows this table between its marks; "
        "not with --rules, --database or --releases",
    )
    parser.add_argument(
        "--format",
        choices=("text", "json"),
        default="text",
        help="what goes to standard output: the table or the evidence (default: %(default)s)",
    )
    parser.add_argument(
        "--jobs",
        metavar="N",
        type=_positive_integer,
        default=os.cpu_count() or 1,
        help="how many runs at once (default: one per processor, %(default)s here)",
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
    parser.add_argument(
        "--root",
        metavar="PATH",
        type=Path,
        default=Path(__file__).resolve().parents[1],
        help="the pack to verify: references/, templates/ and tests/ (default: this one)",
    )
    return parser


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


def _terminal_width() -> int:
    return shutil.get_terminal_size().columns - 1


if __name__ == "__main__":
    sys.exit(main())
