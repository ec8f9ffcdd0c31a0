"""Measure what an audit costs, as ratios to the time that parsing alone takes, and to flake8's.

Whole processes are compared, in turn, by the processor time that they take. The trees are the rendered
service, once, ten and a hundred times, and those that are given.
"""

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "tests")]

from async_db.proving import pipe_table
from async_db.scaffold import plan_writing, render_project, write
from helpers.benchmark_arguments import add_count, benchmark_parser

EPILOG = """\
examples:
  uv run --with flake8 tests/benchmarks/audit_cost.py                    the rendered service, x1, x10, x100
  uv run tests/benchmarks/audit_cost.py --rounds 3 ../shop --format json

exit codes:
  0  measured
  2  the call was wrong
"""
SIZES = (1, 10, 100)
PARSE = """\
import ast, pathlib, sys
for path in sorted(pathlib.Path(sys.argv[1]).rglob("*.py")):
    try:
        ast.parse(path.read_bytes())
    except (SyntaxError, ValueError):
        pass
"""


@dataclass(frozen=True)
class Cost:
    """What an audit of one tree costs, the least of several rounds.

    Parameters:
        tree: its name.
        lines: of Python in it.
        seconds: of processor time that the audit takes.
        to_parsing: its ratio to a process that only parses the same files.
        to_flake8: its ratio to flake8 in one process; None where that is not installed.
    """

    tree: str
    lines: int
    seconds: float
    to_parsing: float
    to_flake8: float | None


def lines_of(tree: Path) -> int:
    """Count the lines of a tree's Python files."""
    return sum(path.read_bytes().count(b"\n") for path in tree.rglob("*.py"))


def copies(folder: Path, times: int) -> Path:
    """Write the rendered service several times into one tree, each as a folder of its own."""
    tree = folder / f"x{times}"
    first = tree / "service000"
    write(plan_writing(first, render_project(ROOT / "templates", {"database": "sqlite"})))
    for number in range(1, times):
        shutil.copytree(first, tree / f"service{number:03}")
    return tree


def measure(name: str, tree: Path, rounds: int, compiled: Path) -> Cost:
    """Run each program on a tree, in turn, and compare the least that each takes.

    Parameters:
        name: of the tree.
        tree: its folder.
        rounds: how often each runs; the first time, it may be compiled.
        compiled: a folder for what Python compiles of the programs themselves.
    """
    commands = {
        "audit": [sys.executable, str(ROOT / "scripts/audit.py"), str(tree), "--format", "json"],
        "parsing": [sys.executable, "-c", PARSE, str(tree)],
    }
    if find_spec("flake8"):
        commands["flake8"] = [sys.executable, "-m", "flake8", "-j1", "-q", str(tree)]
    taken = dict.fromkeys(commands, float("inf"))
    for _ in range(rounds):
        for program, command in commands.items():
            taken[program] = min(taken[program], _processor_time(command, compiled))
    flake8 = taken.get("flake8")
    return Cost(
        name,
        lines_of(tree),
        taken["audit"],
        taken["audit"] / taken["parsing"],
        taken["audit"] / flake8 if flake8 else None,
    )


def _processor_time(command: Sequence[str], compiled: Path) -> float:
    """Measure a program whose own modules are compiled, as after its first run on any machine."""
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(compiled)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(  # noqa: S603 (our own tools, arguments as a list)
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment,
        check=False,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def table(costs: Sequence[Cost]) -> str:
    """Draw the costs, a row for each tree."""
    header = ["tree", "lines", "seconds", "to parsing alone", "to flake8"]
    rows = [
        [
            cost.tree,
            str(cost.lines),
            f"{cost.seconds:.2f}",
            f"{cost.to_parsing:.2f}",
            "not run" if cost.to_flake8 is None else f"{cost.to_flake8:.2f}",
        ]
        for cost in costs
    ]
    return pipe_table([header, *rows])


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and give its exit code."""
    options = _parser().parse_args(arguments)
    missing = [tree for tree in options.trees if not tree.is_dir()]
    if missing:
        print(f"audit_cost: {missing[0]}: no such folder", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="audit-cost-") as folder:
        trees = [(tree.name, tree) for tree in options.trees] or [
            (f"the rendered service, x{times}", copies(Path(folder), times)) for times in SIZES
        ]
        compiled = Path(folder, "compiled")
        costs = [measure(name, tree, options.rounds, compiled) for name, tree in trees]
    if any(cost.to_flake8 is None for cost in costs):
        print("audit_cost: flake8 is not installed: uv run --with flake8 ...", file=sys.stderr)
    if options.format == "json":
        print(json.dumps([asdict(cost) for cost in costs], indent=2))
    else:
        print(table(costs), end="")
    return 0


def _parser() -> ArgumentParser:
    parser = benchmark_parser("audit_cost", __doc__, EPILOG)
    parser.add_argument("trees", metavar="TREE", nargs="*", type=Path, help="projects to audit")
    add_count(parser, "--rounds", 3)
    return parser


if __name__ == "__main__":
    sys.exit(main())
