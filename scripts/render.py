# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "inflect>=7.0",
#     "jinja2>=3.1",
#     "ruff>=0.8",
# ]
# [tool.uv]
# compile-bytecode = true
# ///
"""Render the scaffold: a whole project, or some of its layers into an existing project."""

import argparse
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

sys.dont_write_bytecode = True  # nothing is written into the pack's folder

from async_db.findings import CommandParser, print_whole
from async_db.scaffold import (
    AGENTS_LAYER,
    Given,
    Job,
    Manifest,
    ManifestError,
    Option,
    OptionError,
    Plan,
    TemplateError,
    Wish,
    WriteError,
    as_json,
    as_text,
    left_to_do,
    prepare,
    read_manifest,
    refused_as_json,
    shown_diffs,
    told,
    write,
)

TEMPLATES = Path(__file__).resolve().parent.parent / "templates"
DONE, LEFT, REFUSED, INTERRUPTED = 0, 1, 2, 130

EXAMPLES = """\
examples:
  python scripts/render.py shop --database sqlite --package shop --model OrderLine
  python scripts/render.py shop --with search,export --model Person --plural people

  python scripts/render.py --into . --only engine,session --diff    # look first
  python scripts/render.py --into . --only engine,session
  python scripts/render.py --into . --only engine,session --check   # once the rest is done by hand
  python scripts/render.py --into . --only engine,session --plan    # all of it as JSON
  python scripts/render.py --into . --only agents-md                # for agents without skills

exit codes:
  0    done; with --check: nothing is left to do by hand
  1    with --check: something is left; or it was done, and the report could not be printed
  2    the call or its input was wrong, or it could not be written; nothing was changed
  130  interrupted; nothing was changed
"""


class UnprintedError(Exception):
    """The report could not be written where it was to go; what it is about is done."""


def main(arguments: Sequence[str] | None = None, templates: Path = TEMPLATES) -> int:
    """Run the command; answers with its exit code."""
    call = argparse.Namespace(plan=False)
    try:
        manifest = read_manifest(templates)
        parser = build_parser(manifest)
        call = parser.parse_args(arguments)
        _check_call(parser, call)
        job = prepare(templates, manifest, _wish(call, manifest))
        preview = call.dry_run or call.diff or call.plan or call.check
        if preview:
            _note_refusal(call, job.plan)
        else:
            _refuse_occupied(call, job.plan)
            # An index is put into the file that is there, and nothing else of it is changed.
            write(job.plan, force=call.force or _is_index(call))
        return _tell(call, job, preview)
    except (ManifestError, OptionError, TemplateError, WriteError) as error:
        _say(str(error))
        if call.plan:
            _print(refused_as_json(str(error)))
        return REFUSED
    except ModuleNotFoundError as error:
        _say(f"{error}: run it with `uv run`, which installs what it needs")
        return REFUSED
    except UnprintedError as error:
        _say(str(error))
        return LEFT
    except KeyboardInterrupt:
        _say("interrupted; nothing was changed")
        return INTERRUPTED


def _tell(call: argparse.Namespace, job: Job, preview: bool) -> int:
    if call.check:
        left = left_to_do(job)
        _print("".join(f"{line}\n" for line in left))
        return LEFT if left else DONE
    if call.diff and all(file.action == "unchanged" for file in job.plan.files):
        _say("nothing would change")
    as_data = call.plan or call.format == "json"
    for line in () if as_data and job.house is not None else told(job):
        _say(line)
    if as_data:
        _print(as_json(job, preview, call.diff))
    elif call.diff:
        shown, left_out = shown_diffs(job.plan.files, everything=call.all)
        for line in left_out:
            _say(line)
        _print(shown)
    else:
        _print(as_text(job, refused=preview and not call.force))
    return DONE


def build_parser(manifest: Manifest) -> argparse.ArgumentParser:
    """The command line: what the command takes itself, and an option for each of the manifest.

    Raises:
        ManifestError: an option of the manifest has the name of one of the command's own.
    """
    layers = "".join(
        f"{'*' if layer.not_into else ' '} {layer.name:<12} {layer.help}\n"
        for layer in manifest.layers.values()
    )
    layers += (
        "  agents-md    An index of the rules in AGENTS.md, under 2 KB; --remove takes it out.\n"
    )
    parser = CommandParser(
        prog="render.py",
        description=__doc__,
        epilog=f"layers (* not into a project with code of its own):\n{layers}\n{EXAMPLES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    where = parser.add_argument_group("where")
    where.add_argument("out", nargs="?", metavar="OUT", help="a new project: not there, or empty")
    where.add_argument("--into", metavar="PROJECT", help="an existing project instead")
    where.add_argument(
        "--only",
        action="append",
        metavar="LAYER,...",
        help="just these layers, with --into (see below)",
    )
    how = parser.add_argument_group("how")
    how.add_argument("--dry-run", action="store_true", help="write nothing; say what would be")
    how.add_argument("--diff", action="store_true", help="write nothing; print what would change")
    how.add_argument("--all", action="store_true", help="with --diff: all, however long it is")
    how.add_argument("--plan", action="store_true", help="write nothing; print all of it as JSON")
    how.add_argument(
        "--check", action="store_true", help="write nothing; say what is left to do by hand"
    )
    how.add_argument("--remove", action="store_true", help="take out what --only agents-md put in")
    how.add_argument("--force", action="store_true", help="overwrite files that differ")
    how.add_argument("--format", choices=("text", "json"), default="text", help="of the report")
    _add_house(parser)
    what = parser.add_argument_group("what")
    for option in manifest.options.values():
        try:
            what.add_argument(
                f"--{option.name.replace('_', '-')}",
                dest=_destination(option.name),
                metavar=option.name.upper(),
                help=_help(option).replace("%", "%%"),
            )
        except argparse.ArgumentError as error:
            raise ManifestError(f"options.{option.name}: {error}") from error
    return parser


def _add_house(parser: argparse.ArgumentParser) -> None:
    house = parser.add_argument_group(
        "a project with code of its own",
        "What these, --package, --database and --fastapi do not say is read, and listed first.",
    )
    house.add_argument(
        "--place", metavar="MODULE", help="the package for the new modules, as app.db"
    )
    house.add_argument(
        "--url", metavar="MODULE:EXPR", help="where the URL is, as app.config:settings.db, env:NAME"
    )
    house.add_argument(
        "--base",
        metavar="MODULE:CLASS",
        help="what models inherit from; new for the scaffold's own",
    )
    house.add_argument("--tests", metavar="FOLDER", help="for the tests of the layers")
    house.add_argument(
        "--feature", metavar="MODULE", help="the package for routes of --model, as app.orders"
    )
    house.add_argument(
        "--model-module", metavar="MODULE", help="the module for --model, as app.models.order"
    )
    house.add_argument("--line-length", type=_length, metavar="N", help="of the formatted code")
    house.add_argument(
        "--existing",
        choices=("beside", "replace"),
        default="beside",
        help="what becomes of the dependency that gives sessions now: it stays, or --check tells"
        " where it is still used",
    )


def _length(text: str) -> int:
    length = int(text)
    if not 40 <= length <= 320:
        raise argparse.ArgumentTypeError("between 40 and 320")
    return length


def _help(option: Option) -> str:
    which = "Any" if option.kind == "set" else "One"
    allowed = f" {which} of: {', '.join(option.allowed)}." if option.allowed else ""
    default = f" Default: {option.default}" if option.default else ""
    return f"{option.help}{allowed}{default}"


def _destination(option: str) -> str:
    return f"option {option}"  # no argument of the command's own has a name like this


def _check_call(parser: argparse.ArgumentParser, call: argparse.Namespace) -> None:
    if (call.out is None) == (call.into is None):
        parser.error("name either OUT for a new project or --into PROJECT for an existing one")
    for name in ("only", "check"):
        if getattr(call, name) and call.into is None:
            parser.error(f"--{name} needs --into PROJECT")
    if call.remove and not _is_index(call):
        parser.error(f"--remove goes with --only {AGENTS_LAYER}")
    if "" in (call.out, call.into):
        parser.error("the folder's name is empty")


def _wish(call: argparse.Namespace, manifest: Manifest) -> Wish:
    chosen = {name: getattr(call, _destination(name)) for name in manifest.options}
    options = {name: value for name, value in chosen.items() if value is not None}
    return Wish(
        target=Path(call.into if call.out is None else call.out),
        into=call.out is None,
        layers=_layers(call.only),
        given=Given(
            package=options.get("package"),
            place=call.place,
            tests=call.tests,
            feature=call.feature,
            model_module=call.model_module,
            base=call.base,
            url=call.url,
            line_length=call.line_length,
            options=options,
        ),
        replacing=call.existing == "replace",
        removing=call.remove,
    )


def _layers(only: list[str] | None) -> list[str] | None:
    if only is None:
        return None
    return [name.strip() for names in only for name in names.split(",")]


def _is_index(call: argparse.Namespace) -> bool:
    return _layers(call.only) == [AGENTS_LAYER]


def _refuse_occupied(call: argparse.Namespace, plan: Plan) -> None:
    if call.out is not None and not plan.vacant and not call.force:
        raise WriteError(
            f"{plan.target} is not empty: name a new folder, use --into to add to a project, "
            "or --force to overwrite"
        )


def _note_refusal(call: argparse.Namespace, plan: Plan) -> None:
    """Say in a preview that the same call without it would be refused."""
    try:
        _refuse_occupied(call, plan)
    except WriteError as error:
        _say(str(error))
    if (differing := plan.paths("overwritten")) and not (call.force or _is_index(call)):
        _say(f"needs --force, as these differ: {', '.join(map(str, differing))}")


def _say(line: str) -> None:
    print(f"render: {line}", file=sys.stderr)


def _print(report: str) -> None:
    try:
        print_whole(report)
    except OSError as error:
        raise UnprintedError(f"what was done cannot be printed: {error.strerror}") from error


if __name__ == "__main__":
    # Being told to stop is an interrupt too: what is half done is taken back first.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.default_int_handler)
    sys.exit(main())
