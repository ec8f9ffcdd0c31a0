# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "mypy>=1.13",
# ]
# [tool.uv]
# compile-bytecode = true
# ///
"""Move a sync FastAPI and SQLAlchemy service to async, and say exactly what is left.

It reads the target's source, never imports or runs it, and changes nothing without --write: then
all files or none. What it cannot do is marked in the code, `# async-db: unresolved[topic/slug]
reason`, which audit.py tells of until it is gone. A second run changes nothing.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

sys.dont_write_bytecode = True  # nothing is written into the pack's folder

from async_db.findings import CommandParser, print_whole, visible
from async_db.modernizing import (
    STEPS,
    Check,
    Modernization,
    Options,
    Sources,
    UncommittedError,
    as_data,
    as_report,
    ask_types,
    check,
    modernize,
    read_sources,
    refuse_uncommitted,
    threaded_framework,
)
from async_db.records import Edge, Record, RecordError, held_against, parse_record, text_hash
from async_db.scaffold import Plan, WriteError, plan_writing, shown_diffs, write
from async_db.target import TargetError, without_collecting

DONE, LEFT, REFUSED, INTERRUPTED = 0, 1, 2, 130

EXAMPLES = """\
examples:
  uv run scripts/modernize.py ../shop                      # what would change, what is left, why
  uv run scripts/modernize.py ../shop --diff --all | less
  uv run scripts/modernize.py ../shop --slice app/orders --diff
  uv run scripts/modernize.py ../shop --record record.json --write    # of observe --observe-record
  uv run scripts/modernize.py ../shop --unsafe --write     # also what a doubt stands behind
  uv run scripts/modernize.py ../shop --format json

exit codes:
  0    nothing is left to a person
  1    something is, or the result was found wrong
  2    the call or its input was wrong, or it could not be written; nothing was changed
  130  interrupted; nothing was changed
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; answers with its exit code."""
    call = build_parser().parse_args(arguments)
    try:
        with without_collecting():
            move = _moved(call)
            checked = check(move, types=call.types)
        if call.write:
            _write(call.path, move, allow_dirty=call.allow_dirty)
        _tell(call, move, checked)
    except (RecordError, TargetError, UncommittedError, WriteError) as error:
        print(f"modernize: {visible(str(error))}", file=sys.stderr)
        return REFUSED
    except OSError as error:
        print(f"modernize: {error.filename or 'the output'}: {error.strerror}", file=sys.stderr)
        return REFUSED
    except KeyboardInterrupt:
        print("modernize: interrupted; nothing was changed", file=sys.stderr)
        return INTERRUPTED
    return DONE if checked.is_clean and not move.left else LEFT


def build_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = CommandParser(
        prog="modernize.py",
        description=__doc__,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("path", type=Path, metavar="PATH", help="the project's folder")
    add(
        "--slice", action="append", metavar="PATH", help="move this file or folder; may be repeated"
    )
    add("--record", type=Path, metavar="FILE", help="what observe saw of the old tests")
    add(
        "--types",
        action="store_true",
        help="ask mypy where annotations end, and of the result; takes ten times as long",
    )
    add("--write", action="store_true", help="write it; otherwise nothing is changed")
    add("--diff", action="store_true", help="show the changes of each file")
    add("--typed-mappings", action="store_true", help="also type `Column` models")
    add("--unsafe", action="store_true", help="make also the changes that are not sure")
    add("--allow-dirty", action="store_true", help="write although files are not committed")
    add("--format", choices=("text", "json"), default="text", help="how it is told")
    add(
        "--all",
        action="store_true",
        help="tell every place, and show every diff, however many there are",
    )
    return parser


def _moved(call: argparse.Namespace) -> Modernization:
    path: Path = call.path
    if not path.is_dir():
        raise TargetError(f"{path}: name the project's folder")
    sources = read_sources(path)
    project = sources.project()
    if not project.speaks_of_databases:
        raise TargetError(f"{path}: no file in it speaks of FastAPI or SQLAlchemy")
    framework = threaded_framework(project)
    if framework:
        raise TargetError(f"{path}: {framework} serves it, which runs views in threads: left alone")
    slices = tuple(_within(sources, each) for each in call.slice or ())
    record = _record(call.record, sources) if call.record else Record({})
    options = Options(
        unsafe=call.unsafe,
        slices=slices,
        typed_mappings=call.typed_mappings,
        edges=(*record.edges, *(_asked(sources) if call.types else ())),
        loads=record.loads,
    )
    return modernize(sources, options, STEPS)


def _asked(sources: Sources) -> tuple[Edge, ...]:
    """Ask a type checker what calls run that the model cannot tell."""
    answers = ask_types(sources.project())
    if answers.problem:
        print(f"modernize: no types: {visible(answers.problem)}", file=sys.stderr)
    return answers.edges


def _record(path: Path, sources: Sources) -> Record:
    """Read what was recorded, as far as it is of the files that are there.

    Raises:
        RecordError: it is no record, or of other files.
    """
    hashes = {name: text_hash(data) for name, data in sources.originals.items()}
    held = held_against(parse_record(path.read_bytes()), hashes)
    if not held.record.files:
        raise RecordError(f"{path}: it is of other files than those of this project")
    if held.stale:
        told = f"{len(held.stale)} of the files it speaks of have changed since, such as {held.stale[0]}"
        print(f"modernize: {path}: {visible(told)}; record again", file=sys.stderr)
    return held.record


def _within(sources: Sources, name: str) -> str:
    """Give a slice as a path relative to the project.

    Raises:
        TargetError: no file of the project is in it.
    """
    path = PurePosixPath(name).as_posix().removeprefix("./").rstrip("/")
    if not any(each == path or each.startswith(f"{path}/") for each in sources.texts):
        raise TargetError(f"--slice {name}: no Python file of the project is there")
    return path


def _write(root: Path, move: Modernization, *, allow_dirty: bool) -> None:
    changed = move.after.changed()
    if not allow_dirty:
        try:
            refuse_uncommitted(root, changed.keys())
        except UncommittedError as error:
            raise UncommittedError(f"{error}: commit, or say --allow-dirty") from error
    write(_plan(root, move), force=True)


def _tell(call: argparse.Namespace, move: Modernization, checked: Check) -> None:
    if call.diff:
        shown, left_out = shown_diffs(_plan(call.path, move).files, everything=call.all)
        print_whole(shown)
        for line in left_out:
            print(f"modernize: {visible(line)}", file=sys.stderr)
        return
    if call.format == "json":
        print_whole(as_data(move, checked))
        return
    print_whole(as_report(move, checked, everything=call.all))
    if move.after.changed() and not call.write:
        print("modernize: --diff shows it, --write writes it", file=sys.stderr)


def _plan(root: Path, move: Modernization) -> Plan:
    return plan_writing(
        root, {PurePosixPath(path): data for path, data in move.after.changed().items()}
    )


if __name__ == "__main__":
    sys.exit(main())
