"""What is to be known of a service to put faults on it: how it starts, and a few of its requests."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Kind = Literal["plain", "stream", "import", "background"]
Values = Mapping[str, object]
"""What stands for the placeholders of a request: its number `n`, and what answers have told."""

_PLACEHOLDER = re.compile(r"\{(\w+)\}")


class ServiceError(Exception):
    """The description of a service cannot be used; the message is one line."""


@dataclass(frozen=True)
class Limits:
    """The seconds that the service's own settings come to."""

    answer: float = 30.0
    """In which every request is answered, whatever happens to the database."""
    recover: float = 5.0
    """In which it serves as before, once the fault is over."""
    stop: float = 30.0
    """In which the process has ended after SIGTERM."""


@dataclass(frozen=True)
class Request:
    """A request that the service answers. In texts, `{n}` is a number that no other request has,
    and `{name}` a member of the JSON that the request named by `after` was answered with."""

    name: str
    method: str
    path: str
    body: object = None
    after: str = ""
    """The request that makes what this one is about; each request gets one of its own."""
    kind: Kind = "plain"
    stored: str = ""
    """SQL that answers true once the write of this request is in the database."""
    read: str = ""
    """Instead of it a path that is answered 2xx once the write is there."""
    lock: str = ""
    """SQL that locks the row that this request changes, as somebody else's transaction would."""
    contend: tuple[str, ...] = ()
    """SQL of a transaction that takes the rows of this request the other way around: one statement
    before it, and one when it waits."""
    seed: str = ""
    """SQL that adds the rows that make a stream long."""

    @property
    def writes(self) -> bool:
        """Whether it can be told if its write is there."""
        return bool(self.stored or self.read)


@dataclass(frozen=True)
class Service:
    """A service as a whole."""

    name: str
    command: tuple[str, ...]
    """What starts it; `{port}` is the port to listen on."""
    folder: Path
    """Where it is started."""
    requests: tuple[Request, ...]
    variable: str = "DATABASE_URL"
    """The environment variable of the database's URL."""
    driver: str = ""
    """Named in that URL, as `asyncpg` in `postgresql+asyncpg://`, if at all."""
    database: Literal["postgresql", "sqlite"] = "postgresql"
    environment: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    migrate: tuple[tuple[str, ...], ...] = ()
    """The commands that make the tables."""
    live: str = "/health/live"
    ready: str = ""
    pool: str = ""
    """A path that tells how many connections are in use: a number, or JSON whose members `in_use`
    are added up."""
    unknown: str = ""
    """A pattern found in the body of a 500 which says that it is not known what was stored."""
    behind_pgbouncer: Mapping[str, str] | None = None
    """What its environment says besides when PgBouncer is in between; None where it must not be."""
    limits: Limits = Limits()

    def of_kind(self, *kinds: Kind) -> tuple[Request, ...]:
        """Give the requests of some kinds."""
        return tuple(request for request in self.requests if request.kind in kinds)

    @property
    def writer(self) -> Request | None:
        """The plain request that writes by itself, the first of them."""
        alone = (request for request in self.of_kind("plain") if not request.after)
        return next((request for request in alone if request.writes), None)

    @property
    def updater(self) -> Request | None:
        """The request that writes to a row that is there, the first of them that can be locked."""
        updaters = [one for one in self.of_kind("plain") if one.after and one.writes]
        return next((one for one in updaters if one.lock), updaters[0] if updaters else None)

    @property
    def background(self) -> Request | None:
        """The request that begins a task on a row which can be locked, and changed meanwhile."""
        about = self.updater.after if self.updater else ""
        tasks = (request for request in self.of_kind("background") if request.after == about)
        return next((request for request in tasks if request.lock), None)

    @property
    def contended(self) -> Request | None:
        """The request that a deadlock can be made with."""
        return next((request for request in self.requests if request.contend), None)

    def named(self, name: str) -> Request:
        """Give the request of a name, which is there: see `check_service`."""
        return next(request for request in self.requests if request.name == name)


def check_service(service: Service) -> Service:
    """Refuse a description that contradicts itself; give it back if it does not.

    Raises:
        ServiceError: with what is wrong.
    """
    names = [request.name for request in service.requests]
    if not names:
        raise ServiceError("it has no requests")
    if len(set(names)) < len(names):
        raise ServiceError("two requests have the same name")
    for request in service.requests:
        if request.after and request.after not in names:
            raise ServiceError(f"request {request.name}: there is no request {request.after!r}")
        if request.after and service.named(request.after).after:
            raise ServiceError(f"request {request.name}: {request.after} needs another one itself")
        if len(request.contend) not in (0, 2):
            raise ServiceError(f"request {request.name}: contend is two statements")
    try:
        re.compile(service.unknown)
    except re.error as error:
        raise ServiceError(f"unknown: {error}") from error
    return service


def filled(template: object, values: Values) -> object:
    """Put values where their placeholders are, at any depth; what is nothing but a placeholder
    becomes the value itself, a number too."""
    if isinstance(template, str):
        alone = _PLACEHOLDER.fullmatch(template)
        if alone and alone[1] in values:
            return values[alone[1]]
        return filled_text(template, values)
    if isinstance(template, Mapping):
        return {key: filled(value, values) for key, value in template.items()}
    if isinstance(template, Sequence):
        return [filled(value, values) for value in template]
    return template


def filled_text(template: str, values: Values) -> str:
    """Put values into a text; other braces stay."""
    return _PLACEHOLDER.sub(lambda found: str(values.get(found[1], found[0])), template)


def filled_sql(template: str, values: Values) -> str:
    """Put values into SQL, where a quote is written twice."""
    quoted = {name: str(value).replace("'", "''") for name, value in values.items()}
    return filled_text(template, quoted)
