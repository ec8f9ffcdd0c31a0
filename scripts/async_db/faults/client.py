"""Who sends requests to a service, and keeps what became of each."""

import asyncio
import itertools
import random
import re
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import httpx

from async_db.faults.database import Database
from async_db.faults.outcome import SERVER_ERROR, Answer, Ending
from async_db.faults.service import Request, Service, Values, filled, filled_sql, filled_text

_HIGHEST_START = 1_000_000_000
# A server closes what has been idle for a while (uvicorn: 5 s), and who sends at that moment is cut
# off without any fault of the service's: of 1000 requests about then, 305. So a client lets go first.
_KEPT_SECONDS = 1.0

PREPARING = "preparing"
"""The phase in which rows are made; what is made is changed or deleted later, and not looked up."""


@dataclass(frozen=True)
class Sent:
    """A request that was sent, and what its client saw."""

    request: Request
    values: Values
    answer: Answer


@dataclass
class Client:
    """Sends requests on connections that are kept alive, and keeps a record.

    Attributes:
        service: whose requests.
        http: what carries them.
        probing: what carries the questions of who looks whether it lives, each on a connection of
            its own, as orchestrators do.
        limit: seconds after which a request counts as not answered.
        sent: the record.
    """

    service: Service
    http: httpx.AsyncClient
    probing: httpx.AsyncClient
    limit: float
    sent: list[Sent] = field(default_factory=list)
    _numbers: "itertools.count[int]" = field(
        default_factory=lambda: itertools.count(random.randrange(1, _HIGHEST_START))  # noqa: S311 (no secret)
    )

    def values(self, made: Values | None = None) -> dict[str, object]:
        """Give what stands for the placeholders of a request that is sent next."""
        return {**(made or {}), "n": next(self._numbers)}

    async def send(self, request: Request, phase: str, made: Values | None = None) -> Sent:
        """Send a request, and keep what becomes of it.

        Args:
            request: what to send.
            phase: what it is part of.
            made: what the request before it was answered, where it needs one.
        """
        values = self.values(made)
        content = None if request.body is None else filled(request.body, values)
        answer, told = await self._asked(
            self.http,
            request.method,
            filled_text(request.path, values),
            content,
            Answer(request.name, phase),
        )
        sent = Sent(request, {**told, **values}, answer)
        self.sent.append(sent)
        return sent

    async def probe(self, path: str, phase: str) -> Answer:
        """Ask a path, such as that for liveness, and keep the answer."""
        answer, _ = await self._asked(self.probing, "GET", path, None, Answer(phase, phase))
        self.sent.append(Sent(Request(phase, "GET", path), {}, answer))
        return answer

    async def in_use(self) -> int:
        """Ask how many connections of the pool are in use: 0 where the service does not tell."""
        if not self.service.pool:
            return 0
        try:
            async with asyncio.timeout(self.limit):
                answer = await self.probing.get(self.service.pool)
        except (TimeoutError, httpx.TransportError):
            return 0
        return _added_up(_json(answer)) if answer.is_success else 0

    async def _asked(
        self,
        http: httpx.AsyncClient,
        method: str,
        path: str,
        content: object,
        answer: Answer,
    ) -> tuple[Answer, Values]:
        began = time.monotonic()
        told: Values = {}
        try:
            async with asyncio.timeout(self.limit):
                response = await http.request(method, path, json=content)
        except httpx.ConnectError:
            answer = replace(answer, ending=Ending.REFUSED)
        except httpx.TransportError:
            answer = replace(answer, ending=Ending.CUT)
        except TimeoutError:
            answer = replace(answer, ending=Ending.SILENT)
        else:
            answer, told = self._read(answer, response), _told(response)
        return replace(answer, seconds=time.monotonic() - began), told

    def _read(self, answer: Answer, response: httpx.Response) -> Answer:
        pattern = self.service.unknown
        failed = response.status_code >= SERVER_ERROR
        unknown = bool(pattern) and failed and bool(re.search(pattern, response.text))
        return replace(answer, status=response.status_code, unknown=unknown)


def _told(response: httpx.Response) -> Values:
    """Give the members of an answer that can stand for placeholders."""
    told = _json(response)
    return told if isinstance(told, Mapping) else {}


def _json(response: httpx.Response) -> object:
    try:
        return response.json()
    except ValueError:  # an empty body, or one of another kind
        return None


def _added_up(told: object, name: str = "") -> int:
    if isinstance(told, Mapping):
        return sum(_added_up(value, key) for key, value in told.items())
    return told if isinstance(told, int) and name in ("", "in_use") else 0


@asynccontextmanager
async def client_of(
    service: Service,
    base_url: str,
    limit: float,
    sent: list[Sent],
    connections: int | None = None,
) -> AsyncIterator[Client]:
    """Open a client of a service for the length of the block; it adds to the record, and has as many
    connections as it takes, or at most so many."""
    kept = httpx.Limits(
        max_connections=connections,
        max_keepalive_connections=connections,
        keepalive_expiry=None if connections else _KEPT_SECONDS,
    )
    closed = httpx.Limits(max_keepalive_connections=0)
    async with (
        _http(service, base_url, kept) as http,
        _http(service, base_url, closed) as probing,
    ):
        yield Client(service, http, probing, limit, sent)


def _http(service: Service, base_url: str, limits: httpx.Limits) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        base_url=base_url,
        headers=dict(service.headers),
        timeout=None,  # noqa: S113 (each request is limited as a whole)
        limits=limits,
        trust_env=False,
    )


async def looked_up(sent: list[Sent], database: Database, client: Client) -> list[Answer]:
    """Give the answers, with each write compared with what is stored."""
    kept = [one for one in sent if one.answer.phase != PREPARING]
    by_sql = [one for one in kept if one.request.stored and one.answer.ending is not Ending.REFUSED]
    found = await database.answers([filled_sql(one.request.stored, one.values) for one in by_sql])
    stored: dict[int, bool] = dict(zip(map(id, by_sql), found, strict=True))
    for one in kept:
        if one.request.read and one.answer.good:
            stored[id(one)] = await _can_be_read(one, client)
    return [replace(one.answer, stored=stored.get(id(one))) for one in sent]


async def _can_be_read(sent: Sent, client: Client) -> bool:
    path = filled_text(sent.request.read, sent.values)
    try:
        async with asyncio.timeout(client.limit):
            return (await client.http.get(path)).is_success
    except (TimeoutError, httpx.TransportError):
        return False
