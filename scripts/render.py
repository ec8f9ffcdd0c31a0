"""Render the scaffold: a whole project, or some of its layers into an existing project."""

import argparse
import json
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from async_db.findings import visible
from async_db.scaffold import (
    Manifest,
    ManifestError,
    MissingImport,
    Option,
    OptionError,
    Options,
    Plan,
    TemplateError,
    WriteError,
    check_options,
    layer_paths,
    missing_imports,
    plan_writing,
    read_manifest,
    render_project,
    requirements_of,
    unified_diff,
    write,
)

TEMPLATES = Path(__file__).resolve().parent.parent / "templates"
SCHEMA_VERSION = 1
DONE, REFUSED, INTERRUPTED = 0, 2, 130

EXAMPLES = """\
examples:
  python scripts/render.py shop --database sqlite --package shop --model OrderLine
  python scripts/render.py shop --with search,export --model Person --plural people
  python scripts/render.py --into . --only engine,session --package shop --diff
  python scripts/render.py --into . --only engine,session --package shop

exit codes:
  0    done
  2    the call or its input was wrong, or it could not be written; nothing was changed
  130  interrupted; nothing was changed
"""


@dataclass(frozen=True)
class Job:
    """What was asked for, with everything found out about it and nothing written yet."""

    options: Options
    plan: Plan
    missing: list[MissingImport]
    requirements: list[str]


def main(arguments: Sequence[str] | None = None, templates: Path = TEMPLATES) -> int:
    """Run the command; answers with its exit code."""
    try:
        manifest = read_manifest(templates)
        parser = build_parser(manifest)
        call = parser.parse_args(arguments)
        _check_call(parser, call)
        job = _prepare(call, manifest, templates)
        preview = call.dry_run or call.diff
        if preview:
            _note_refusal(call, job.plan)
        else:
            _refuse_occupied(call, job.plan)
            write(job.plan, force=call.force)
    except (ManifestError, OptionError, TemplateError, WriteError) as error:
        _say(str(error))
        return REFUSED
    except KeyboardInterrupt:
        _say("interrupted; nothing was changed")
        return INTERRUPTED
    if call.diff and all(file.action == "unchanged" for file in job.plan.files):
        _say("nothing would change")
    for missing in job.missing:
        _say(_missing_line(missing))
    if job.requirements:
        _say(f"needs installed: {', '.join(job.requirements)}")
    _print(_json_report(job, preview, call.diff) if call.format == "json" else _text(job, call))
    return DONE


def build_parser(manifest: Manifest) -> argparse.ArgumentParser:
    """The command line: what the command takes itself, and an option for each of the manifest.

    Raises:
        ManifestError: an option of the manifest has the name of one of the command's own.
    """
    layers = "".join(f"  {layer.name:<12} {layer.help}\n" for layer in manifest.layers.values())
    parser = argparse.ArgumentParser(
        prog="render.py",
        description=__doc__,
        epilog=f"layers:\n{layers}\n{EXAMPLES}",
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
    how.add_argument("--force", action="store_true", help="overwrite files that differ")
    how.add_argument("--format", choices=("text", "json"), default="text", help="of the report")
    what = parser.add_argument_group("what")
    for option in manifest.options.values():
        try:
            what.add_argument(
                f"--{option.name.replace('_', '-')}",
                dest=_destination(option.name),
                default=option.default,
                metavar=option.name.upper(),
                help=_help(option).replace("%", "%%"),
            )
        except argparse.ArgumentError as error:
            raise ManifestError(f"options.{option.name}: {error}") from error
    return parser


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
    if call.only and call.into is None:
        parser.error("--only needs --into PROJECT")
    if "" in (call.out, call.into):
        parser.error("the folder's name is empty")


def _prepare(call: argparse.Namespace, manifest: Manifest, templates: Path) -> Job:
    given = {name: getattr(call, _destination(name)) for name in manifest.options}
    options = check_options(manifest.options, given)
    layers = _layers(call.only, manifest)
    wanted = layer_paths(manifest, options, layers)
    whole = render_project(templates, options.values)
    tree = {path: text for path, text in whole.items() if path in wanted}
    if not tree:
        raise OptionError(f"{', '.join(layers)}: no files under these options")
    target = Path(call.into if call.out is None else call.out)
    plan = plan_writing(target, tree)
    if call.out is not None:
        return Job(options, plan, [], [])
    if not plan.exists:
        raise WriteError(f"{target} does not exist: a new project is rendered without --into")
    layer_of = {
        path: layer for layer in manifest.layers for path in layer_paths(manifest, options, [layer])
    }
    missing = missing_imports(whole, tree.keys(), plan.target, options.package, layer_of)
    return Job(options, plan, missing, requirements_of(whole, tree.keys()))


def _layers(only: list[str] | None, manifest: Manifest) -> list[str]:
    if only is None:
        return list(manifest.layers)
    return [name.strip() for names in only for name in names.split(",")]


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
    if (differing := plan.paths("overwritten")) and not call.force:
        _say(f"needs --force, as these differ: {', '.join(map(str, differing))}")


def _missing_line(missing: MissingImport) -> str:
    advice = f"add --only {missing.layer}" if missing.layer else "supply it yourself"
    return f"{missing.module} is imported but not there: {advice}"


def _text(job: Job, call: argparse.Namespace) -> str:
    if call.diff:
        return "".join(map(unified_diff, job.plan.files))
    refused = call.dry_run and not call.force
    words = {"overwritten": "differs"} if refused else {}
    return "".join(
        f"{words.get(file.action, file.action):<11} {file.path}\n" for file in job.plan.files
    )


def _json_report(job: Job, preview: bool, with_diff: bool) -> str:
    files: list[Mapping[str, str]] = [
        {"path": str(file.path), "action": file.action}
        | ({"diff": unified_diff(file)} if with_diff else {})
        for file in job.plan.files
    ]
    report = {
        "schema_version": SCHEMA_VERSION,
        "options": job.options.values,
        "target": str(job.plan.target),
        "dry_run": preview,
        "files": files,
        "missing_imports": [asdict(missing) for missing in job.missing],
        "requirements": job.requirements,
    }
    return f"{json.dumps(report, indent=2)}\n"


def _say(line: str) -> None:
    print(f"render: {line}", file=sys.stderr)


def _print(report: str) -> None:
    if sys.stdout.isatty():
        # A file of the target may hold what a terminal obeys. Elsewhere a diff stays what it is.
        report = visible(report, keep="\n\t")
    try:
        sys.stdout.write(report)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever reads has seen enough. Python flushes once more on its way out: to nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    # Being told to stop is an interrupt too: what is half done is taken back first.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(main())
