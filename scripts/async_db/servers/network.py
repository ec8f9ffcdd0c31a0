"""A network between a service and its database: it counts round trips, and fails as networks do.

A thread with an event loop of its own carries bytes from a TCP port of this machine to the server,
so that the service may be another process, or share its loop with the test that looks at it.
"""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeVar
from urllib.parse import parse_qs, urlsplit

_CHUNK_BYTES = 65_536
_PORT = 5432
_COMMIT = b"COMMIT"
ResultT = TypeVar("ResultT")


class Condition(Enum):
    """What becomes of connections."""

    WORKING = "carried"
    SWALLOWING = "taken and lost, as by a firewall that forgot the connection"
    REFUSING = "reset, and new ones with them"


class Moment(Enum):
    """When to cut a connection that carries a certain text to the server."""

    BEFORE = "the server never sees it"
    AFTER = "the server has done it, and its answer is lost"


@dataclass(eq=False)
class _Link:
    """A connection of a client, and the server's side of it."""

    client: asyncio.StreamWriter
    server: asyncio.StreamWriter
    swallowed: bool = False
    cut_at_answer: bool = False
    answered: bool = True  # since the client last sent something

    def reset(self) -> None:
        self.client.transport.abort()
        self.server.transport.abort()


@dataclass(eq=False)
class Network:
    """What stands between them. Every method can be called from any thread.

    Attributes:
        url: the database's URL through it.
        delay: seconds that bytes take in each direction.
        round_trips: how often a client sent something and waited for the answer, in all. Making a
            connection takes some too.
        commits: how often a client sent COMMIT.
    """

    url: str
    delay: float = 0.0
    round_trips: int = 0
    commits: int = 0
    _server: str | tuple[str, int] = ""
    _condition: Condition = Condition.WORKING
    _cut_at: tuple[bytes, Moment] | None = None
    _uncut: int = 0  # how many that carry it pass before
    _links: set[_Link] = field(default_factory=set)
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)

    @property
    def connections(self) -> int:
        """How many connections go through it now."""
        return len(self._links)

    def cut(self) -> None:
        """Reset every connection; new ones are carried."""
        self._do(self._reset_all)

    def lead_to(self, database_url: str) -> None:
        """Carry new connections to another server; those there are stay where they are."""
        self._server = _address(database_url)

    def cut_next(self, text: bytes, moment: Moment, *, but: int = 0) -> None:
        """Reset the next connection that carries ``text`` to the server, such as ``b"COMMIT"``, but
        for the first of them, so many."""
        self._cut_at, self._uncut = (text, moment), but

    def fail(self, condition: Condition) -> None:
        """Treat all connections so, those there are and new ones, until it is mended."""
        self._do(lambda: self._set(condition))

    def mend(self) -> None:
        """Carry new connections as they come; those that were swallowed stay silent."""
        self.delay, self._cut_at = 0.0, None
        self._do(lambda: self._set(Condition.WORKING))

    def _do(self, function: Callable[[], None]) -> None:
        """Run it between two steps of the loop, and wait until it has run."""

        async def call() -> None:
            function()

        asyncio.run_coroutine_threadsafe(call(), self._loop).result()

    def _set(self, condition: Condition) -> None:
        self._condition = condition
        if condition is Condition.REFUSING:
            self._reset_all()
        for link in self._links:
            link.swallowed = link.swallowed or condition is Condition.SWALLOWING

    def _reset_all(self) -> None:
        for link in self._links:
            link.reset()

    async def _accept(self, reader: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        if self._condition is Condition.REFUSING:
            client.transport.abort()
            return
        try:
            answers, server = await self._connect()
        except OSError:
            client.transport.abort()
            return
        link = _Link(client, server, swallowed=self._condition is Condition.SWALLOWING)
        self._links.add(link)
        try:
            await asyncio.gather(
                self._carry(reader, server, link, self._asked),
                self._carry(answers, client, link, self._answered),
            )
        except asyncio.CancelledError:
            pass  # as the network ends; who accepted it would report that as an error
        finally:
            self._links.discard(link)
            link.reset()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if isinstance(self._server, str):
            return await asyncio.open_unix_connection(self._server)
        return await asyncio.open_connection(*self._server)

    async def _carry(
        self,
        source: asyncio.StreamReader,
        target: asyncio.StreamWriter,
        link: _Link,
        may_pass: Callable[[_Link, bytes], bool],
    ) -> None:
        """Carry one direction until either side is gone, and then take both sides down."""
        try:
            while chunk := await source.read(_CHUNK_BYTES):
                if self.delay:
                    await asyncio.sleep(self.delay)
                if may_pass(link, chunk):
                    target.write(chunk)
                    await target.drain()
        except OSError:
            pass
        if not link.swallowed:  # nobody hears of an end that is swallowed
            link.reset()

    def _asked(self, link: _Link, chunk: bytes) -> bool:
        """Look at what a client sends, and tell whether the server gets it."""
        if link.swallowed:
            return False
        self.round_trips += link.answered
        link.answered = False
        self.commits += _COMMIT in chunk
        if self._cut_at is not None and self._cut_at[0] in chunk:
            if self._uncut:
                self._uncut -= 1
                return True
            (_, moment), self._cut_at = self._cut_at, None
            if moment is Moment.BEFORE:
                link.reset()
                return False
            link.cut_at_answer = True
        return True

    def _answered(self, link: _Link, chunk: bytes) -> bool:
        """Look at what the server answers, and tell whether the client gets it."""
        link.answered = True
        if link.cut_at_answer:
            link.reset()
            return False
        return not link.swallowed


@contextmanager
def throwaway_network(database_url: str) -> Iterator[Network]:
    """Put a network in front of a database for the length of the block.

    Args:
        database_url: the libpq-style URL of a database, on a Unix socket as
            `ThrowawayPostgres.url` gives it, or on a host.

    Yields:
        The network, whose `url` leads to the same database.
    """
    url = urlsplit(database_url)
    network = Network(url="", _server=_address(database_url))
    thread = threading.Thread(target=network._loop.run_forever, daemon=True)
    thread.start()

    def on_loop(work: Awaitable[ResultT]) -> ResultT:
        async def waited() -> ResultT:
            return await work

        return asyncio.run_coroutine_threadsafe(waited(), network._loop).result()

    listener = on_loop(asyncio.start_server(network._accept, "127.0.0.1", 0))
    own_port = listener.sockets[0].getsockname()[1]
    credentials = url.netloc.rpartition("@")[0]
    network.url = f"{url.scheme}://{credentials}@127.0.0.1:{own_port}{url.path}"
    try:
        yield network
    finally:
        network._do(listener.close)  # a server may only be closed from its own loop
        on_loop(_end_tasks())
        network._loop.call_soon_threadsafe(network._loop.stop)
        thread.join()
        network._loop.close()


def _address(database_url: str) -> str | tuple[str, int]:
    """Give the path of the server's socket, or its host and port."""
    url = urlsplit(database_url)
    folder = parse_qs(url.query).get("host", [""])[0]
    port = url.port or _PORT
    return f"{folder}/.s.PGSQL.{port}" if folder else (url.hostname or "localhost", port)


async def _end_tasks() -> None:
    """End what carries connections, so that nothing is left when the loop is closed."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
