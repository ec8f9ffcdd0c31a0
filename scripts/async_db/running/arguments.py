"""What can be asked for on the command line of `observe.py`."""

from __future__ import annotations

import argparse
import re
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from ..findings import FORMATS, GRADES, CommandParser
from ..observing import Options
from .command import run_and_tell, tell

NO_COMMAND = (
    "{app} is an app and no command: name what serves it, such as: -- uvicorn {app}, with --factory "
    "if a call makes it"
)
APP = re.compile(r"[\w.]+:[\w.]+(\(\))?")
OF_TESTS = (
    "of a running app no record is made; of tests one is: "
    "pytest -p async_db_observe --observe-record=PATH"
)
COMMAND_NEEDED = "name the command to run after --, such as: -- uvicorn app.main:app; or --notes"


def call(arguments: Sequence[str] | None, description: str, epilog: str) -> int:
    """Run the command line and give its exit code.

    Parameters:
        arguments: those of the process, if none are given.
        description: of the command, for its help.
        epilog: of its help.
    """
    parser = _parser(description, epilog)
    given = parser.parse_args(arguments)
    command: list[str] = given.command[1:] if given.command[:1] == ["--"] else given.command
    if given.record:
        parser.error(OF_TESTS)
    if not command and given.notes is None:
        parser.error(COMMAND_NEEDED)
    if command and APP.fullmatch(command[0]) and shutil.which(command[0]) is None:
        parser.error(NO_COMMAND.format(app=command[0]))
    if given.update_baseline and given.baseline is None:
        parser.error("--update-baseline needs --baseline PATH")
    root, options = given.root.resolve(), _options(given)
    if not command:
        if not given.notes.is_dir():
            parser.error(f"no folder {given.notes}")
        return tell(given.notes, options, root)
    if given.notes is None:
        with tempfile.TemporaryDirectory(prefix="async-db-observe-") as folder:
            return run_and_tell(
                command, Path(folder), options, root, every_request=given.every_request
            )
    given.notes.mkdir(parents=True, exist_ok=True)
    if any(given.notes.iterdir()):
        parser.error(f"{given.notes} is not empty: notes of two runs would be told as one")
    return run_and_tell(
        command, given.notes.resolve(), options, root, every_request=given.every_request
    )


def _options(given: argparse.Namespace) -> Options:
    limit = given.fail_on
    return Options(
        format=given.format,
        output=given.output,
        page=given.html,
        failing=GRADES[: GRADES.index(limit) + 1] if limit else (),
        baseline=given.baseline,
        updates_baseline=given.update_baseline,
        everything=given.all,
        all_option="--all",
    )


def _parser(description: str, epilog: str) -> argparse.ArgumentParser:
    parser = CommandParser(
        prog="observe.py",
        usage="observe.py [OPTION ...] -- COMMAND [ARGUMENT ...]\n"
        "       observe.py [OPTION ...] --notes FOLDER",
        description=description,
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument

    def add_path(name: str, says: str, metavar: str = "PATH") -> None:
        add(name, type=Path, metavar=metavar, help=says)

    add("--format", choices=FORMATS, default="text", help="how findings are told (default: text)")
    add_path("--output", "write the findings there and not to the terminal")
    add_path("--html", "write a page there with a timeline of slow and offending requests")
    add("--fail-on", choices=GRADES, help="fail on new findings of this grade or a surer one")
    add_path("--baseline", "findings that are known: they are not told, and fail nothing")
    add("--update-baseline", action="store_true", help="write all findings to the baseline")
    add(
        "--every-request",
        action="store_true",
        help="watch every request: else the first 200 of each route, then one of 16",
    )
    add("--all", action="store_true", help="tell every place as text, and what happened there")
    add_path(
        "--notes",
        "keep what the processes note there; without a command, tell what stands there",
        "FOLDER",
    )
    add_path("--root", "the project: lines outside it are not its own (default: .)", "FOLDER")
    # Who knows the plugin's options may well ask for this one.
    add("--observe-record", "--record", dest="record", metavar="PATH", help=argparse.SUPPRESS)
    parser.set_defaults(root=Path())
    add("command", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    return parser
