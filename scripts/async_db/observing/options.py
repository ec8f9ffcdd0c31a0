"""What can be asked of `observe` on pytest's command line."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..findings import FORMATS, GRADES, Grade

if TYPE_CHECKING:
    import pytest


@dataclass(frozen=True, slots=True)
class Options:
    """What was asked for.

    Parameters:
        format: one of `FORMATS`.
        output: where the findings go; to the terminal if nowhere.
        page: where the page goes, if one is wanted.
        failing: the grades of new findings that fail the run; none if it is not to fail.
        baseline: the findings that are known, if any are.
        updates_baseline: whether the baseline is written and not held against.
        everything: whether text tells every place, and what happened there.
        record: where a record for `modernize` goes, if one is wanted.
        record_expires: whether sessions expire what they commit while that is made, as they would.
        all_option: the name of the option that asks for that.
    """

    format: str = "text"
    output: Path | None = None
    page: Path | None = None
    failing: tuple[Grade, ...] = ()
    baseline: Path | None = None
    updates_baseline: bool = False
    everything: bool = False
    record: Path | None = None
    record_expires: bool = False
    all_option: str = "--observe-all"

    @classmethod
    def of(cls, config: pytest.Config) -> Options:
        def path(name: str) -> Path | None:
            given = config.getoption(name)
            return Path(given) if given else None

        limit = config.getoption("--observe-fail-on")
        return cls(
            format=config.getoption("--observe-format"),
            output=path("--observe-output"),
            page=path("--observe-html"),
            failing=GRADES[: GRADES.index(limit) + 1] if limit else (),
            baseline=path("--observe-baseline"),
            updates_baseline=bool(config.getoption("--observe-update-baseline")),
            everything=bool(config.getoption("--observe-all")),
            record=path("--observe-record"),
            record_expires=bool(config.getoption("--observe-record-expiring")),
        )


def add_options(parser: pytest.Parser) -> None:
    """Declare the options to pytest."""
    group = parser.getgroup("observe", "watching the database layer")
    group.addoption(
        "--observe-format",
        choices=FORMATS,
        default="text",
        help="how findings are told (default: text, in the terminal summary)",
    )
    group.addoption(
        "--observe-output",
        metavar="PATH",
        help="write the findings there and not to the terminal; write it with =, as pytest takes a "
        "path that stands alone for a folder of tests",
    )
    group.addoption(
        "--observe-html",
        metavar="PATH",
        help="write a page there with a timeline of each route's slowest and offending requests",
    )
    group.addoption(
        "--observe-fail-on",
        choices=GRADES,
        help="fail the run on new findings of this grade or a surer one, and if it cannot be said "
        "whether there are any",
    )
    group.addoption(
        "--observe-baseline",
        metavar="PATH",
        help="findings that are known: they are not told again and fail nothing",
    )
    group.addoption(
        "--observe-update-baseline",
        action="store_true",
        help="write all findings of this run to the baseline",
    )
    group.addoption(
        "--observe-all",
        action="store_true",
        help="tell every place as text, with what happened there, and not what fits a screen or two",
    )
    group.addoption(
        "--observe-record",
        metavar="PATH",
        help="write there which functions and calls reach the database and what is loaded by being "
        "read, for modernize; sessions do not expire what they commit meanwhile",
    )
    group.addoption(
        "--observe-record-expiring",
        action="store_true",
        help="with --observe-record, have sessions expire what they commit, where many tests rely "
        "on it: then no outcome changes, and what async sessions will load by reading is known less",
    )
