"""The rendered service, described as a user's own is: in TOML."""

# ruff: noqa: S608 (what is put into SQL here are the names of the scaffold's own tables)

import json
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from async_db.faults.description import service_of
from async_db.faults.service import Service
from async_db.scaffold import Options, plan_writing, render_project, write

DESCRIPTION = "faults.toml"
PACE = 0.5
"""What the service's own seconds are multiplied by, all alike: faults are then over sooner."""

_TIMEOUT = re.compile(r"^(?:# )?([A-Z_]+_(?:TIMEOUT|SECONDS))=([\d.]+)$", re.MULTILINE)
_GRACE_SECONDS = 5
_TENANT = "acme"


@dataclass(frozen=True)
class RenderedService:
    """A rendered project, and what differs between the services that are started from it."""

    options: Options
    project: Path

    def described(self, database: str) -> str:
        """Give its description on one of its databases, as TOML."""
        timeouts = dict(_timeouts((self.project / ".env.example").read_text(encoding="utf-8")))
        environment = {
            **{name: f"{seconds * PACE:g}" for name, seconds in timeouts.items()},
            "EXPOSE_POOL_USE": "true",
            "LOG_LEVEL": "WARNING",
        }
        parts = [
            _head(self.options, database, self._migrate()),
            _table("environment", environment),
            _table("headers", {"Host": f"{_TENANT}.localhost"} if self._tenants else {}),
            _table("behind_pgbouncer", {"DATABASE_BEHIND_PGBOUNCER": "true"}),
            _table("limits", _limits(timeouts, database)),
            *_requests(self.options, database, f"tenant_{_TENANT}." if self._tenants else ""),
        ]
        return "\n".join(parts)

    @property
    def _tenants(self) -> bool:
        return self.options.values.get("tenancy") == "schema"

    def _migrate(self) -> list[str]:
        alembic = [sys.executable, "-m", "alembic"]
        return [*alembic, *(["-x", f"new={_TENANT}"] if self._tenants else []), "upgrade", "head"]


def render_service(options: Options, templates: Path, folder: Path) -> RenderedService:
    """Render the service to put faults on.

    Args:
        options: of the scaffold.
        templates: the folder of templates.
        folder: where the project goes; it is not there, or empty.
    """
    write(plan_writing(folder, render_project(templates, options.values)))
    return RenderedService(options, folder)


def service_of_rendered(rendered: RenderedService, database: str) -> Service:
    """Describe a rendered service on one of its databases, and read the description as any other."""
    text = rendered.described(database)
    (rendered.project / DESCRIPTION).write_text(text, encoding="utf-8")
    return replace(service_of(text, rendered.project), folder=rendered.project)


def _timeouts(text: str) -> Iterator[tuple[str, float]]:
    """Give the settings that are seconds, with their defaults."""
    for name, seconds in _TIMEOUT.findall(text):
        yield name, float(seconds)


def _limits(timeouts: Mapping[str, float], database: str) -> dict[str, float]:
    """Say what the settings come to: a request waits for the pool, a connection and a statement."""
    seconds = {
        name.removeprefix("DATABASE_").removesuffix("_TIMEOUT").lower(): value * PACE
        for name, value in timeouts.items()
    }
    # What the driver waits for is a little more than what the server ends by itself.
    statement = max(seconds.get("statement", 5.0), seconds.get("command", 0.0)) + 1
    answer = seconds.get("pool", 1.5) + seconds.get("connect", 0.0) + statement
    return {"answer": answer, "recover": 5.0, "stop": max(answer, _GRACE_SECONDS) + 3}


def _head(options: Options, database: str, migrate: list[str]) -> str:
    package = options.package
    command = [sys.executable, "-m", "uvicorn", f"{package}.main:app", "--port", "{port}"]
    command += ["--timeout-graceful-shutdown", str(_GRACE_SECONDS)]
    return f"""\
name = {_text(package)}
command = {json.dumps(command)}
migrate = [{json.dumps(migrate)}]
database = "{database}"
live = "/health/live"
ready = "/health/ready"
pool = "/health/pool"
unknown = "not known|unknown"
"""


def _requests(options: Options, database: str, schema: str) -> Iterator[str]:
    """Describe the requests that the service answers with these options."""
    names = options.names
    path, table, items = f"/{names.slug}", schema + names.entities, f"{schema}{names.entity}_items"
    key = f"{names.entity}_id"
    body = '{ reference = "f{n}", items = [{ sku = "a", quantity = 1 }] }'
    stored = f"select count(*) from {table} where reference = 'f{{n}}'"
    yield f"""\
[[requests]]
name = "create"
method = "POST"
path = "{path}"
body = {body}
stored = "{stored}"

[[requests]]
name = "list"
method = "GET"
path = "{path}?limit=20"

[[requests]]
name = "read"
after = "create"
method = "GET"
path = "{path}/{{id}}"

[[requests]]
name = "update"
after = "create"
method = "PUT"
path = "{path}/{{id}}"
body = {{ reference = "f{{n}}" }}
stored = "{stored}"
lock = "update {table} set note = 'locked' where id = {{id}}"

[[requests]]
name = "confirm"
after = "create"
method = "POST"
path = "{path}/{{id}}/confirm"
stored = "select count(*) from {table} where id = {{id}} and confirmed_at is not null"

[[requests]]
name = "delete"
after = "create"
method = "DELETE"
path = "{path}/{{id}}"
stored = "select not exists (select 1 from {table} where id = {{id}})"
contend = [
    "select id from {items} where {key} = {{id}} for update",
    "update {table} set note = 'contended' where id = {{id}}",
]
"""
    yield from _features(options, path, table, database)


def _features(options: Options, path: str, table: str, database: str) -> Iterator[str]:
    if options.has("with", "export"):
        yield f"""\
[[requests]]
name = "export"
kind = "stream"
method = "GET"
path = "{path}/export"
seed = "{_seed(table, database)}"
"""
    if options.has("with", "import"):
        yield f"""\
[[requests]]
name = "import"
kind = "import"
method = "POST"
path = "{path}/import"
body = [{{ reference = "i{{n}}a" }}, {{ reference = "i{{n}}b" }}, {{ reference = "i{{n}}c" }}]
stored = "select count(*) = 3 from {table} where reference like 'i{{n}}_'"
"""
    if options.has("with", "background"):
        yield f"""\
[[requests]]
name = "receipt"
kind = "background"
after = "create"
method = "POST"
path = "{path}/{{id}}/receipt"
lock = "update {table} set note = 'locked' where id = {{id}}"
"""


def _seed(table: str, database: str) -> str:
    """Give SQL that adds enough rows for a stream that does not fit into a socket's buffers."""
    numbers = "select n from generate_series(1, 3000) n"
    if database == "sqlite":
        numbers = "select key as n from json_each('[' || trim(replace(hex(zeroblob(3000)), '00', '0,'), ',') || ']')"
    note = "repeat('x', 2000)" if database == "postgresql" else "printf('%.2000c', 'x')"
    return (
        f"insert into {table} (reference, note) select 's' || n, {note} from ({numbers}) as numbers"
    )


def _table(name: str, values: Mapping[str, str | float]) -> str:
    lines = [f"{key} = {_text(value)}" for key, value in values.items()]
    return "\n".join([f"[{name}]", *lines, ""]) if lines else ""


def _text(value: str | float) -> str:
    return json.dumps(value)
