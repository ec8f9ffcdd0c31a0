"""Measure what watching costs: the rendered service's own tests, and the service as it runs.

Both are run with and without `observe` in turn, so that what else the machine does falls on both,
and compared as ratios. Of the running service only the server's own processor time counts: with
every request watched, and from where on only some of each route are.
"""

import argparse
import contextlib
import http.client
import itertools
import json
import os
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

import psutil

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "tests")]

from async_db.scaffold import plan_writing, render_project, write
from async_db.watching import WATCHED_WHOLE
from helpers.benchmark_arguments import add_count, benchmark_parser

EPILOG = """\
examples:
  python tests/benchmarks/observe_cost.py                 nine pairs of runs, on SQLite
  python tests/benchmarks/observe_cost.py --pairs 21 --format json
  python tests/benchmarks/observe_cost.py --only app --requests 1000

exit codes:
  0  the median ratio of the tests' processor time is at most the limit
  1  it is above, or a run failed; how much a running service may cost has no limit
  2  the call was wrong
"""
START_SECONDS = 60
WATCHING = str(ROOT / "scripts/observe.py")
ROUTES = (("POST", "/orders"), ("GET", "/orders/1"), ("GET", "/orders"))


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
        costs: dict[str, Ratios] = {}
        try:
            if options.only != "app":
                pairs = [_pair(project, number) for number in range(options.pairs + 1)][1:]
                costs["tests, processor time"] = _ratios(
                    [b.processor / a.processor for a, b in pairs]
                )
                costs["tests, wall time"] = _ratios([b.wall / a.wall for a, b in pairs])
            if options.only != "tests":
                served = _served_in_turn(project, options.pairs, options.requests)
                costs["app, every request watched"] = _ratios([b / a for a, b, _ in served])
                costs["app, some of each route"] = _ratios([c / a for a, _, c in served])
        except subprocess.CalledProcessError as error:
            print(f"observe_cost: the tests failed:\n{error.stdout}", file=sys.stderr)
            return 1
        except OSError as error:
            print(f"observe_cost: the service failed: {error}", file=sys.stderr)
            return 1
    if options.format == "json":
        ratios = {name: asdict(each) for name, each in costs.items()}
        print(json.dumps({"pairs": options.pairs, "ratios": ratios}, indent=2))
    else:
        print(*(f"{name:28}{each}" for name, each in costs.items()), sep="\n")
    judged = costs.get("tests, processor time")
    return 0 if judged is None or judged.median <= options.limit else 1


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


# --- the running service ---------------------------------------------------------------------------


def _served_in_turn(project: Path, rounds: int, requests: int) -> list[tuple[float, float, float]]:
    """Send the same to three servers by turns, and give the seconds of processor that each took.

    They are one that nobody watches, one of which every request is watched, and one that has served
    so many of each route that from there on only some are.
    """
    _make_tables(project)
    with (
        _Server(project, "alone") as alone,
        _Server(project, "whole", WATCHING, "--every-request", "--") as whole,
        _Server(project, "sampled", WATCHING, "--") as sampled,
    ):
        servers = (alone, whole, sampled)
        for server in servers:
            server.serve(len(ROUTES) * WATCHED_WHOLE)
        found = []
        for number in range(rounds):
            order = servers if number % 2 else servers[::-1]
            seconds = {server: server.serve(requests) for server in order}
            found.append((seconds[alone], seconds[whole], seconds[sampled]))
    return found


def _make_tables(project: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "alembic", "upgrade", "head"],
        cwd=project,
        env={**os.environ, "DATABASE_URL": f"sqlite:///{project / 'served.db'}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=True,
    )


class _Server:
    """The service behind uvicorn."""

    def __init__(self, project: Path, name: str, *watching: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = int(free.getsockname()[1])
        server = (sys.executable, "-m", "uvicorn", "app.main:app", "--port", str(self._port))
        self._process = subprocess.Popen(  # noqa: S603 (as above)
            [
                *([sys.executable, *watching] if watching else []),
                *server,
                "--log-level=critical",
                "--no-access-log",
            ],
            cwd=project,
            env={
                **os.environ,
                "DATABASE_URL": f"sqlite:///{project / 'served.db'}",
                "LOG_LEVEL": "CRITICAL",
            },
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._numbers = itertools.count()
        self._name = name

    def __enter__(self) -> Self:
        until = time.monotonic() + START_SECONDS
        while self._process.poll() is None and time.monotonic() < until:
            with contextlib.suppress(OSError):
                self.serve(1)
                return self
            time.sleep(0.1)  # it starts; nothing tells when it has
        self.__exit__()
        raise OSError("it did not start")

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()

    def serve(self, requests: int) -> float:
        """Send requests, a third of them writing, and give the processor time that they took."""
        before = self._processor()
        client = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        for number in (next(self._numbers) for _ in range(requests)):
            body = json.dumps({"reference": f"{self._name}-{number}"})
            method, path = ROUTES[number % len(ROUTES)]
            headers = {"Content-Type": "application/json"}
            client.request(method, path, body if method == "POST" else None, headers)
            with client.getresponse() as answer:
                answer.read()
                if answer.status >= 300:
                    raise OSError(f"{method} {path} is answered {answer.status}")
        client.close()
        return self._processor() - before

    def _processor(self) -> float:
        """Give the seconds of the server, or of it and who watches it."""
        root = psutil.Process(self._process.pid)
        times = [each.cpu_times() for each in (root, *root.children(recursive=True))]
        return sum(each.user + each.system for each in times)


def _ratios(ratios: Sequence[float]) -> Ratios:
    return Ratios(min(ratios), statistics.median(ratios), max(ratios))


def _parser() -> argparse.ArgumentParser:
    parser = benchmark_parser("observe_cost", __doc__, EPILOG)
    add_count(parser, "--pairs", 9)
    add_count(parser, "--requests", 300, "how many the running service is sent at a time")
    parser.add_argument("--only", choices=("tests", "app"), help="measure one of both")
    parser.add_argument(
        "--limit", metavar="RATIO", type=float, default=1.05, help="(default: %(default)s)"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
