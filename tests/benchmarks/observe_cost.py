"""Measure what watching costs: the rendered service's own tests with and without `observe`.

Both are run in turn, so that what else the machine does falls on both, and compared as ratios.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "tests")]

from async_db.scaffold import plan_writing, render_project, write
from helpers.benchmark_arguments import add_count, benchmark_parser

EPILOG = """\
examples:
  python tests/benchmarks/observe_cost.py                 nine pairs of runs, on SQLite
  python tests/benchmarks/observe_cost.py --pairs 21 --format json

exit codes:
  0  the median ratio of processor time is at most the limit
  1  it is above, or a run failed
  2  the call was wrong
"""


@dataclass(frozen=True)
class Run:
    """What one run of the tests took, in seconds."""

    wall: float
    processor: float


@dataclass(frozen=True)
class Ratios:
    """How much longer watched runs took: 1.05 is five per cent."""

    least: float
    median: float
    most: float

    def __str__(self) -> str:
        return f"{self.median:.3f} (from {self.least:.3f} to {self.most:.3f})"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and give its exit code."""
    options = _parser().parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="observe-cost-") as folder:
        project = Path(folder, "service")
        write(plan_writing(project, render_project(ROOT / "templates", {"database": "sqlite"})))
        try:
            pairs = [_pair(project, number) for number in range(options.pairs + 1)][1:]
        except subprocess.CalledProcessError as error:
            print(f"observe_cost: the tests failed:\n{error.stdout}", file=sys.stderr)
            return 1
    processor = _ratios([watched.processor / alone.processor for alone, watched in pairs])
    wall = _ratios([watched.wall / alone.wall for alone, watched in pairs])
    if options.format == "json":
        told = {"pairs": options.pairs, "processor": asdict(processor), "wall": asdict(wall)}
        print(json.dumps(told, indent=2))
    else:
        print(f"processor time  {processor}\nwall time       {wall}")
    return 0 if processor.median <= options.limit else 1


def _pair(project: Path, number: int) -> tuple[Run, Run]:
    """Run the tests without and with the plugin, in an order that changes from pair to pair."""
    runs = {
        watched: _run(project, watched=watched) for watched in (number % 2 == 0, number % 2 == 1)
    }
    return runs[False], runs[True]


def _run(project: Path, *, watched: bool) -> Run:
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(  # noqa: S603 (our own tools, arguments as a list)
        [sys.executable, "-m", "pytest", "-q", *(["-p", "async_db_observe"] if watched else [])],
        cwd=project,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(ROOT / "scripts/pytest_plugin"), str(project)]),
            "TEST_DATABASE_URL": f"sqlite:///{project / 'test.db'}",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Run(time.perf_counter() - began, processor)


def _ratios(ratios: Sequence[float]) -> Ratios:
    return Ratios(min(ratios), statistics.median(ratios), max(ratios))


def _parser() -> argparse.ArgumentParser:
    parser = benchmark_parser("observe_cost", __doc__, EPILOG)
    add_count(parser, "--pairs", 9)
    parser.add_argument(
        "--limit", metavar="RATIO", type=float, default=1.05, help="(default: %(default)s)"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
