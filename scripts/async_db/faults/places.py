"""Where the databases of scenarios come from: each scenario gets one of its own, with the tables.

What takes its time here is done in threads: scenarios of other services go on beside it.
"""

import asyncio
import itertools
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Protocol

from async_db.faults.database import PostgresqlDatabase, SqliteDatabase
from async_db.faults.process import migrated
from async_db.faults.service import Service
from async_db.faults.stage import Stage
from async_db.servers import ThrowawayPostgres, throwaway_network

_TEMPLATE = "faults_tables"


class Place(Protocol):
    """Where scenarios take place."""

    owned: bool
    """Whether the server is ours to stop and change."""

    def stage(
        self, service: Service, folder: Path, *, tables: bool
    ) -> AbstractAsyncContextManager[Stage]:
        """Open a stage for the length of an `async with` block.

        Args:
            service: what is to run there; it is not started yet.
            folder: for what it writes.
            tables: whether its tables are to be there.
        """


def _with_driver(url: str, service: Service) -> str:
    scheme, rest = url.split("://", 1)
    scheme = scheme.partition("+")[0]
    return f"{scheme}+{service.driver}://{rest}" if service.driver else f"{scheme}://{rest}"


@dataclass
class OwnPostgresql:
    """Databases of a throw-away server, copied from one in which the tables were made once.

    Attributes:
        start: starts the server, when the first scenario needs it.
    """

    start: Callable[[], ThrowawayPostgres]
    owned: bool = True
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)
    _migrated: set[int] = field(default_factory=set)

    @asynccontextmanager
    async def stage(self, service: Service, folder: Path, *, tables: bool) -> AsyncIterator[Stage]:
        name = f"faults_{next(self._numbers)}"
        await asyncio.to_thread(lambda: self.server)  # which the first one starts
        if tables:
            await self._copy(service, name)
        else:
            await asyncio.to_thread(self.server.create_database, name)
        url = self.server.url(name)
        with throwaway_network(url) as network:
            variables = {service.variable: _with_driver(network.url, service)}
            stage = Stage(service, PostgresqlDatabase(url), variables, folder, network, self.server)
            try:
                yield stage
            finally:
                await stage.close()

    @cached_property
    def server(self) -> ThrowawayPostgres:
        return self.start()

    async def _copy(self, service: Service, name: str) -> None:
        template = f"{_TEMPLATE}_{id(service)}"
        if id(service) not in self._migrated:
            await asyncio.to_thread(self.server.create_database, template)
            with throwaway_network(self.server.url(template)) as network:
                await migrated(service, {service.variable: _with_driver(network.url, service)})
            self._migrated.add(id(service))
        maintenance = PostgresqlDatabase(self.server.url())
        await maintenance.execute(f"create database {name} template {template}")


@dataclass
class GivenPostgresql:
    """A database that somebody names, on a server of which nothing but that is ours."""

    url: str
    owned: bool = False
    _migrated: bool = False

    @asynccontextmanager
    async def stage(self, service: Service, folder: Path, *, tables: bool) -> AsyncIterator[Stage]:
        with throwaway_network(self.url) as network:
            variables = {service.variable: _with_driver(network.url, service)}
            if not self._migrated:
                await migrated(service, variables)
                self._migrated = True
            stage = Stage(service, PostgresqlDatabase(self.url), variables, folder, network)
            try:
                yield stage
            finally:
                await stage.close()


@dataclass
class SqliteFiles:
    """Files of SQLite, copied from one in which the tables were made once."""

    owned: bool = True
    _made: Path | None = None

    @asynccontextmanager
    async def stage(self, service: Service, folder: Path, *, tables: bool) -> AsyncIterator[Stage]:
        database = SqliteDatabase(folder / "service.db")
        variables = {service.variable: _with_driver(database.url, service)}
        if tables and self._made is None:
            await migrated(service, variables)
            self._made = folder.parent / "tables"
            shutil.copytree(folder, self._made)
        elif tables and self._made is not None:
            shutil.copytree(self._made, folder, dirs_exist_ok=True)
        stage = Stage(service, database, variables, folder)
        try:
            yield stage
        finally:
            await stage.close()
