"""Measure what a request costs the rendered service, and two other ways to write the same.

The popular way is a session of a dependency's default scope, commit, refresh, and a response model;
raw is asyncpg with pydantic. All three are called in this process, in turn, on one PostgreSQL, and
compared as ratios of processor time. How often each waits for the database is counted on the wire.
"""

import argparse
import asyncio
import gc
import itertools
import json
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass, field, replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "tests")]

from async_db.proving import EvidenceError, check_writable, pipe_table, with_table, write_text
from async_db.scaffold import plan_writing, render_project, write
from async_db.servers import (
    PostgresError,
    ThrowawayPostgres,
    throwaway_network,
    throwaway_postgres,
)
from async_db.watching import Client, started
from benchmarks.rivals import popular, raw
from helpers.benchmark_arguments import add_count, benchmark_parser

if TYPE_CHECKING:
    from fastapi import FastAPI

EPILOG = """\
examples:
  uv run tests/benchmarks/request_cost.py                       the table, in about two minutes
  uv run tests/benchmarks/request_cost.py --update README.md    and put it there
  uv run tests/benchmarks/request_cost.py --rounds 31 --format json

exit codes:
  0  it was measured
  1  a request was answered wrongly, or there is no database
  2  the call was wrong
"""
MARKS = ("<!-- request-cost -->", "<!-- /request-cost -->")

SERVICE, POPULAR, RAW = "the service", "the popular way", "raw asyncpg"
READ = "GET by id, with items"
MADE = {"created_at", "updated_at"}
SEEDED = 200
ITEMS = [{"sku": f"sku-{number}", "quantity": number} for number in (1, 2, 3)]
SEED = f"""
insert into orders (reference, note)
    select 'seeded-' || n, 'a note' from generate_series(1, {SEEDED}) as n order by n;
insert into order_items (order_id, sku, quantity)
    select id, 'sku-' || n, n from orders, generate_series(1, {len(ITEMS)}) as n
    order by id, n;
analyze;
"""  # noqa: S608 (our own numbers)
COUNTED = 5  # requests of each kind, whose round trips are alike
WARMING = 5  # what is prepared, compiled and connected once is so by then


class BenchmarkError(Exception):
    """A request was not answered as it should be; the message is one line."""


@dataclass(frozen=True)
class Operation:
    """A kind of request; `path` and `body` are given a number that no other request has."""

    name: str
    method: str
    path: Callable[[int], str]
    status: int
    body: Callable[[int], object] | None = None
    timed: bool = False

    def content(self, number: int) -> bytes:
        """Give the body of a request."""
        return b"" if self.body is None else json.dumps(self.body(number)).encode()


def _order(number: int) -> str:
    return f"/orders/{1 + number % SEEDED}"


def _renamed(number: int) -> object:
    return {"reference": f"seeded-{1 + number % SEEDED}", "note": f"note {number}"}


OPERATIONS = (
    Operation("list, 50 rows", "GET", lambda _: "/orders", 200, timed=True),
    Operation(READ, "GET", _order, 200, timed=True),
    Operation("POST", "POST", lambda _: "/orders", 201, lambda n: {"reference": f"r-{n}"}),
    Operation(
        "POST, with items",
        "POST",
        lambda _: "/orders",
        201,
        lambda n: {"reference": f"r-{n}", "items": ITEMS},
        timed=True,
    ),
    Operation("PUT", "PUT", _order, 200, _renamed),
    Operation("ready", "GET", lambda _: "/health/ready", 204),
)


@dataclass(frozen=True)
class Contender:
    """One of what is compared: how its app is made for a database, and that database's URL."""

    name: str
    create_app: Callable[[str], "FastAPI"]
    url: str


@dataclass
class Caller:
    """Calls an app between its start-up and shutdown, with as little of its own as can be."""

    name: str
    client: Client
    numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    async def call(self, operation: Operation) -> bytes:
        """Make one request, and give what it is answered when the app is done with it.

        Raises:
            BenchmarkError: it was answered otherwise than it should be.
        """
        number = next(self.numbers)
        scope = self._scope(operation.method, operation.path(number))
        incoming = [operation.content(number)]
        status, answer = 0, b""

        async def receive() -> dict[str, Any]:
            if not incoming:
                return await asyncio.Future()  # the client stays until it is answered
            return {"type": "http.request", "body": incoming.pop(), "more_body": False}

        async def send(message: Mapping[str, Any]) -> None:
            nonlocal status, answer
            status = message.get("status", status)
            answer += message.get("body", b"")

        await self.client.app(scope, receive, send)
        if status != operation.status:
            raise BenchmarkError(f"{self.name} answers {status} to {operation.name}")
        return answer

    def _scope(self, method: str, path: str) -> dict[str, Any]:
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "root_path": "",
            "headers": [(b"host", b"test"), (b"content-type", b"application/json")],
            "client": ("127.0.0.1", 1),
            "server": ("test", 80),
            "state": dict(self.client.state),
        }


@dataclass(frozen=True)
class Ratios:
    """How much processor time the service took for each second of a rival's, over the rounds."""

    least: float
    median: float
    most: float

    def __str__(self) -> str:
        return f"{self.median:.2f} ({self.least:.2f} to {self.most:.2f})"


@dataclass(frozen=True)
class Cost:
    """What an operation costs, by the names of the contenders."""

    operation: str
    round_trips: Mapping[str, int]
    processor: Mapping[str, Ratios]
    """The service's against each rival's; empty for what was not timed."""


# --- measuring ---------------------------------------------------------------------------------


async def measure(
    contenders: Sequence[Contender], rounds: int, requests: int, show: Callable[[str], None]
) -> list[Cost]:
    """Count the round trips of each operation, and time those that are to be timed.

    Parameters:
        contenders: the service first.
        rounds: how often each is timed; a round more comes first, and does not count.
        requests: how many of an operation are timed together.
        show: is told how far it is.

    Raises:
        BenchmarkError: a request was answered otherwise than it should be.
    """
    trips: dict[str, dict[str, int]] = {operation.name: {} for operation in OPERATIONS}
    for contender in contenders:
        show(f"round trips of {contender.name}")
        for name, counted in (await _round_trips(contender)).items():
            trips[name][contender.name] = counted
    async with AsyncExitStack() as stack:
        callers = [await stack.enter_async_context(_serving(each)) for each in contenders]
        await _check_alike(callers)
        ratios = {
            operation.name: await _ratios(callers, operation, rounds, requests, show)
            for operation in OPERATIONS
            if operation.timed
        }
    return [Cost(name, counted, ratios.get(name, {})) for name, counted in trips.items()]


@asynccontextmanager
async def _serving(contender: Contender, url: str = "") -> AsyncIterator[Caller]:
    async with started(contender.create_app(url or contender.url)) as client:
        yield Caller(contender.name, client)


async def _check_alike(callers: Sequence[Caller]) -> None:
    """See that all answer a read alike, but for when their rows were made."""
    [read] = [operation for operation in OPERATIONS if operation.name == READ]
    answers = {}
    for caller in callers:
        fields = json.loads(await caller.call(replace(read, path=lambda _: "/orders/1")))
        answers[caller.name] = {name: fields[name] for name in sorted(fields) if name not in MADE}
    if any(answer != answers[callers[0].name] for answer in answers.values()):
        raise BenchmarkError(f"they differ: {answers}")


async def _round_trips(contender: Contender) -> dict[str, int]:
    """Count on the wire how often a request of each kind waits for the database."""
    found = {}
    with throwaway_network(contender.url) as network:
        async with _serving(contender, network.url) as caller:
            for operation in OPERATIONS:
                for _ in range(WARMING):
                    await caller.call(operation)
                counts = []
                for _ in range(COUNTED):
                    before = network.round_trips
                    await caller.call(operation)
                    counts.append(network.round_trips - before)
                found[operation.name] = statistics.mode(counts)
    return found


async def _ratios(
    callers: Sequence[Caller],
    operation: Operation,
    rounds: int,
    requests: int,
    show: Callable[[str], None],
) -> dict[str, Ratios]:
    """Time an operation in blocks of requests, by turns, each round in another order."""
    service, *rivals = callers
    ratios: dict[str, list[float]] = {rival.name: [] for rival in rivals}
    for number in range(rounds + 1):
        show(f"{operation.name}: round {number} of {rounds}")
        turn = number % len(callers)
        order = [*callers[turn:], *callers[:turn]]
        seconds = {caller.name: await _block(caller, operation, requests) for caller in order}
        for rival in rivals if number else ():  # the first warms up
            ratios[rival.name].append(seconds[service.name] / seconds[rival.name])
    return {
        name: Ratios(min(each), statistics.median(each), max(each)) for name, each in ratios.items()
    }


async def _block(caller: Caller, operation: Operation, requests: int) -> float:
    gc.collect()  # what others have left
    began = time.process_time()
    for _ in range(requests):
        await caller.call(operation)
    return time.process_time() - began


# --- what is compared --------------------------------------------------------------------------


async def contenders_on(server: ThrowawayPostgres, project: Path) -> list[Contender]:
    """Render the service into a folder, and give each contender a database with its tables.

    The service logs warnings only, as the rivals do.
    """
    write(plan_writing(project, render_project(ROOT / "templates", {})))
    sys.path.insert(0, str(project))
    main, settings = import_module("app.main"), import_module("app.settings")
    engine, base = import_module("app.database.engine"), import_module("app.database.base")

    def settings_for(url: str) -> Any:
        return settings.Settings(_env_file=None, database_url=url, log_level="WARNING")

    contenders = [
        Contender(SERVICE, lambda url: main.create_app(settings_for(url)), server.url("service")),
        Contender(POPULAR, popular.create_app, server.url("popular")),
        Contender(RAW, raw.create_app, server.url("raw")),
    ]
    for name, contender in zip(("service", "popular", "raw"), contenders, strict=True):
        server.create_database(name)
        async with engine.open_database(settings_for(contender.url)) as database:
            async with database.engine.begin() as connection:
                await connection.run_sync(base.Base.metadata.create_all)
            async with database.engine.connect() as connection:
                driver = (await connection.get_raw_connection()).driver_connection
                await driver.execute(SEED)
    return contenders


# --- telling -----------------------------------------------------------------------------------


def table(costs: Sequence[Cost]) -> str:
    """Give the costs as a Markdown table."""
    names = (SERVICE, POPULAR, RAW)
    header = ["request", "round trips", *(f"of {rival}" for rival in names[1:])]
    header += [f"processor time / that of {rival}" for rival in names[1:]]
    rows = [
        [
            cost.operation,
            *(str(cost.round_trips[name]) for name in names),
            *(str(cost.processor.get(rival, "–")) for rival in names[1:]),
        ]
        for cost in costs
    ]
    return pipe_table([header, *rows])


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and give its exit code."""
    options = _parser().parse_args(arguments)
    try:
        if options.update:
            check_writable(options.update)
            with_table(options.update.read_text("utf-8"), "", MARKS)
    except (EvidenceError, OSError, UnicodeDecodeError) as error:
        print(f"request_cost: {error}", file=sys.stderr)
        return 2
    try:
        costs = asyncio.run(_measured(options.rounds, options.requests))
    except (BenchmarkError, PostgresError) as error:
        print(f"request_cost: {error}", file=sys.stderr)
        return 1
    if options.update:
        text = options.update.read_text("utf-8")
        write_text(with_table(text, table(costs), MARKS), options.update)
    if options.format == "json":
        print(json.dumps([asdict(cost) for cost in costs], indent=2))
    else:
        print(table(costs), end="")
    return 0


async def _measured(rounds: int, requests: int) -> list[Cost]:
    with (
        tempfile.TemporaryDirectory(prefix="request-cost-") as folder,
        throwaway_postgres() as server,
    ):
        contenders = await contenders_on(server, Path(folder, "service"))
        return await measure(contenders, rounds, requests, _show)


def _show(text: str) -> None:
    print(f"request_cost: {text}", file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    parser = benchmark_parser("request_cost", __doc__, EPILOG)
    add_count(parser, "--rounds", 15)
    add_count(parser, "--requests", 200, "of one kind, one after the other, in a round")
    parser.add_argument(
        "--update", metavar="FILE", type=Path, help=f"put the table between {MARKS[0]} and its end"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
