"""What a scenario takes place on: the service, its database, the network between, and its clients."""

import asyncio
import time
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from async_db.faults.client import PREPARING, Client, Sent, client_of, looked_up
from async_db.faults.database import Database, PostgresqlDatabase
from async_db.faults.judging import SLACK
from async_db.faults.outcome import Ending, Fact, Left, Outcome
from async_db.faults.process import NotStartedError, Process, started
from async_db.faults.service import Limits, Request, Service, Values
from async_db.servers import Moment, Network, ThrowawayPostgres

_PAUSE = (
    0.005  # seconds between two requests of a client, so that clients do not crowd the service out
)
_REFUSED_PAUSE = 0.05  # seconds before a client knocks again where nobody listens
_PROBE_PAUSE = 0.1  # seconds
_STOCK = 8  # rows made before a load, for requests that change one
_CLIENTS = 8
_CUTS = 4  # of each COMMIT of a request
_AT_ONCE = 5  # what is made before a fault: fewer than any pool has connections
_BURST = 10
_BEGUN_SECONDS = 0.3


@dataclass
class Stage:
    """The service of one scenario, on a database of its own.

    Attributes:
        service: its description.
        database: what is under it.
        variables: what the service's environment says of the database.
        folder: for what it writes.
        network: what is between them; None where the database is a file.
        server: the server, where that is ours to stop and change.
    """

    service: Service
    database: Database
    variables: Mapping[str, str]
    folder: Path
    network: Network | None = None
    server: ThrowawayPostgres | None = None
    _sent: list[Sent] = field(default_factory=list)
    _process: Process | None = None
    _client: Client | None = None
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    @property
    def limits(self) -> Limits:
        return self.service.limits

    @property
    def patience(self) -> float:
        """Seconds after which a client gives up on an answer."""
        return self.limits.answer * SLACK

    @property
    def process(self) -> Process:
        if self._process is None:
            raise NotStartedError("the service is not started")
        return self._process

    @property
    def client(self) -> Client:
        if self._client is None:
            raise NotStartedError("the service is not started")
        return self._client

    @property
    def postgresql(self) -> PostgresqlDatabase:
        """The database, in a scenario that concerns PostgreSQL alone."""
        if not isinstance(self.database, PostgresqlDatabase):
            raise TypeError("this scenario concerns PostgreSQL")
        return self.database

    @property
    def wire(self) -> Network:
        """The network, in a scenario that concerns PostgreSQL alone."""
        if self.network is None:
            raise TypeError("this scenario concerns PostgreSQL")
        return self.network

    @property
    def own_server(self) -> ThrowawayPostgres:
        """The server, in a scenario that needs one of its own."""
        if self.server is None:
            raise TypeError("this scenario needs a server of its own")
        return self.server

    @property
    def writer(self) -> Request:
        """The request that writes, in a scenario that needs one."""
        return _there(self.service.writer)

    @property
    def updater(self) -> Request:
        """The request that changes a row, in a scenario that needs one."""
        return _there(self.service.updater)

    @property
    def background(self) -> Request:
        """The request that begins a task, in a scenario that needs one."""
        return _there(self.service.background)

    async def start(self, more: Mapping[str, str] | None = None) -> None:
        """Start the service, for the first time or again; clients then go to the new process.

        Args:
            more: what its environment says besides.

        Raises:
            NotStartedError: it does not take connections.
        """
        log = self.folder / "service.log"
        self._process = await self._stack.enter_async_context(
            started(self.service, {**self.variables, **(more or {})}, log)
        )
        self._client = await self._stack.enter_async_context(
            client_of(self.service, self._process.base_url, self.patience, self._sent)
        )

    async def close(self) -> None:
        """End all that was started."""
        await self._stack.aclose()

    async def made_for(self, request: Request) -> Values:
        """Make what a request is about, and give what stands for it.

        Raises:
            NotStartedError: it cannot be made.
        """
        if not request.after:
            return {}
        maker = self.service.named(request.after)
        sent = await self.client.send(maker, PREPARING)
        if not sent.answer.good:
            how = sent.answer.status or sent.answer.ending.value
            raise NotStartedError(
                f"{maker.name} before any fault: {how}, {self.process.last_line()}"
            )
        return sent.values

    async def made_often(self, request: Request, times: int) -> list[Values]:
        """Make what several of a request are about, each its own, some at the same time."""
        made: list[Values] = []
        while len(made) < times:
            at_once = 1 if self.network is None else _AT_ONCE  # a file has one writer
            some = min(at_once, times - len(made))
            made += await asyncio.gather(*(self.made_for(request) for _ in range(some)))
        return made

    async def send(self, request: Request, phase: str, made: Values | None = None) -> Sent:
        """Send one request."""
        return await self.client.send(request, phase, made)

    async def send_at_once(
        self, request: Request, phase: str, made: Sequence[Values]
    ) -> list[Sent]:
        """Send a request once for each of what was made for it, all at the same time."""
        return list(await asyncio.gather(*(self.send(request, phase, one) for one in made)))

    @asynccontextmanager
    async def loading(self, clients: int = _CLIENTS) -> AsyncIterator[None]:
        """Have clients send plain requests for the length of the block, one after the other each,
        and somebody ask whether it lives."""
        plain = self.service.of_kind("plain")
        made = {
            request.name: await self.made_often(request, _STOCK if request.writes else 1)
            for request in plain
        }
        over = asyncio.Event()
        sending = [self._requests(plain, turn, made, over) for turn in range(clients)]
        async with self.asking(self.service.live, "live"), _beside(over, *sending):
            yield

    async def _requests(
        self,
        plain: Sequence[Request],
        turn: int,
        made: Mapping[str, list[Values]],
        over: asyncio.Event,
    ) -> None:
        """Send one request after the other, whichever is next; a row is changed only once."""
        while not over.is_set():
            turn += 1
            request = plain[turn % len(plain)]
            rows = made[request.name]
            if request.after and request.writes and not rows:
                request, rows = self.writer, [{}]
            row = rows.pop() if request.after and request.writes else rows[0]
            sent = await self.client.send(request, "load", row)
            refused = sent.answer.ending is Ending.REFUSED
            await asyncio.sleep(_REFUSED_PAUSE if refused else _PAUSE)

    @asynccontextmanager
    async def one_connection(self) -> AsyncIterator[Client]:
        """Open a client that sends all on one connection, which is kept alive."""
        async with client_of(
            self.service, self.process.base_url, self.patience, self._sent, connections=1
        ) as client:
            yield client

    async def cut_commits(self, moment: Moment) -> None:
        """Send each request that writes, and cut the connection at its first COMMIT; where an
        operation does its work in several units, another one at its second, and so on."""
        turns = [
            (request, unit, made)
            for request in (one for one in self.service.requests if one.writes)
            for unit in range(await self._units(request))
            for made in await self.made_often(request, _CUTS)
        ]
        for request, unit, made in turns:
            self.wire.cut_next(b"COMMIT", moment, but=unit)
            await self.send(request, "fault", made)
        self.wire.mend()

    async def _units(self, request: Request) -> int:
        """Send a request, and count how often it commits."""
        made = await self.made_for(request)
        before = self.wire.commits
        await self.send(request, "before", made)
        return self.wire.commits - before

    async def seed(self) -> None:
        """Add the rows that make streams long."""
        for request in self.service.of_kind("stream"):
            if request.seed:
                await self.database.execute(request.seed)

    async def somebody_waits(self) -> None:
        """Wait until a connection of the service waits for a lock, for as long as it may; where
        nobody can tell, for a time in which it has begun to."""
        deadline = time.monotonic() + self.patience
        while time.monotonic() < deadline:
            waiting = await self.database.waiting()
            if waiting is None:
                await asyncio.sleep(_BEGUN_SECONDS)
            if waiting is None or waiting:
                return
            await asyncio.sleep(_PAUSE)

    @asynccontextmanager
    async def asking(self, path: str, phase: str) -> AsyncIterator[None]:
        """Have somebody ask a path, again and again, for the length of the block."""
        over = asyncio.Event()

        async def ask() -> None:
            while not over.is_set():
                await self.client.probe(path, phase)
                await asyncio.sleep(_PROBE_PAUSE)

        async with _beside(over, *([ask()] if path else [])):
            yield

    async def recovered(self) -> float | None:
        """Wait until the service does as it is asked again, then ask it many things at once.

        Returns:
            The seconds that it took, or None where it does not.
        """
        began = time.monotonic()
        while not (await self.send(self.writer, "recovering")).answer.good:
            if time.monotonic() - began > self.limits.recover * SLACK:
                return None
            await asyncio.sleep(_REFUSED_PAUSE)
        seconds = time.monotonic() - began
        alone = [request for request in self.service.of_kind("plain") if not request.after]
        await asyncio.gather(
            *(self.send(alone[turn % len(alone)], "after") for turn in range(_BURST))
        )
        return seconds

    async def stopped(self) -> float | None:
        """Tell the process to end; give the seconds that it took, or None where it had to be killed."""
        self.process.terminate()
        seconds = await self.process.ended(self.limits.stop * SLACK)
        if seconds is None:
            self.process.kill()
        return seconds

    async def outcome(self, **facts: Fact) -> Outcome:
        """Compare what was told with what is stored, and look what was left behind."""
        left = await self.settled()
        deadline = time.monotonic() + self.limits.recover
        while True:  # what a background task has still to do is done a moment later
            outcome = Outcome(
                tuple(await looked_up(self._sent, self.database, self.client)), left, facts
            )
            if not outcome.lost or time.monotonic() > deadline:
                return outcome
            await asyncio.sleep(_PROBE_PAUSE)

    async def settled(self) -> Left:
        """Look what is left of what was begun, until nothing is or the time for it is over."""
        deadline = time.monotonic() + self.limits.recover * SLACK
        while True:
            running = self.process.running
            left = Left(
                connections=await self.database.connections(busy=running),
                slots=await self.client.in_use() if running else 0,
                processes=self.process.processes(),
            )
            if left == Left() or time.monotonic() > deadline:
                return left
            await asyncio.sleep(_PROBE_PAUSE)


def _there(request: Request | None) -> Request:
    if request is None:
        raise TypeError("this scenario needs a request that the service does not have")
    return request


@asynccontextmanager
async def _beside(over: asyncio.Event, *work: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """Do work beside the block; when the block ends, tell it, and wait until it has ended too."""
    tasks = [asyncio.ensure_future(each) for each in work]
    try:
        yield
        over.set()
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
