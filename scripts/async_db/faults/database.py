"""The database under a service, as somebody else sees it: what is stored, who is connected, who waits."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import asyncpg

_APPLICATION = "faults"
_OTHERS = f"datname = current_database() and application_name <> '{_APPLICATION}'"
_BUSY = "state in ('active', 'idle in transaction', 'idle in transaction (aborted)')"


class Outsider(Protocol):
    """A transaction of somebody else, which keeps its locks until its block ends."""

    async def execute(self, sql: str) -> object:
        """Run a statement in it."""


class Database(Protocol):
    """What scenarios ask of a database."""

    @property
    def url(self) -> str:
        """Its libpq-style URL, without a network in between."""

    async def execute(self, sql: str) -> None:
        """Run a statement outside any transaction."""

    async def answers(self, questions: Sequence[str]) -> list[bool]:
        """Ask one row of each statement, and say whether its first column is true."""

    async def connections(self, *, busy: bool) -> int:
        """Count the service's connections, or those of them that are in a transaction."""

    async def waiting(self) -> int | None:
        """Count the service's connections that wait for a lock; None where nobody can tell."""

    def outsider(self) -> Any:
        """Open a transaction of somebody else for the length of an `async with` block."""


@dataclass(frozen=True)
class PostgresqlDatabase:
    """A database of a PostgreSQL server."""

    url: str

    async def execute(self, sql: str) -> None:
        """Run a statement outside any transaction."""
        async with self._connection() as connection:
            await connection.execute(sql)

    async def ask(self, sql: str) -> Any:
        """Give the first column of the first row."""
        async with self._connection() as connection:
            return await connection.fetchval(sql)

    async def answers(self, questions: Sequence[str]) -> list[bool]:
        async with self._connection() as connection:
            return [bool(await connection.fetchval(question)) for question in questions]

    async def connections(self, *, busy: bool) -> int:
        return await self._count(f"{_OTHERS} and {_BUSY}" if busy else _OTHERS)

    async def waiting(self) -> int:
        return await self._count(f"{_OTHERS} and wait_event_type = 'Lock'")

    async def _count(self, where: str) -> int:
        select = f"select count(*) from pg_stat_activity where {where}"  # noqa: S608 (constants)
        return int(await self.ask(select))

    async def kill_backends(self) -> int:
        """End all of the service's connections from the server's side; give how many there were."""
        select = f"select pg_terminate_backend(pid) from pg_stat_activity where {_OTHERS}"  # noqa: S608 (a constant)
        async with self._connection() as connection:
            return len(await connection.fetch(select))

    @asynccontextmanager
    async def outsider(self) -> AsyncIterator[Outsider]:
        async with self._connection() as connection:
            transaction = connection.transaction()
            await transaction.start()
            try:
                yield connection
            finally:
                await transaction.rollback()

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator["asyncpg.Connection[Any]"]:
        settings = {"application_name": _APPLICATION, "default_transaction_read_only": "off"}
        connection = await asyncpg.connect(self.url, server_settings=settings, timeout=30)
        try:
            yield connection
        finally:
            await connection.close()


@dataclass(frozen=True)
class SqliteDatabase:
    """A file of SQLite."""

    path: Path

    @property
    def url(self) -> str:
        return f"sqlite:///{self.path.as_posix()}"

    async def execute(self, sql: str) -> None:
        await asyncio.to_thread(self._execute, sql)

    def _execute(self, sql: str) -> None:
        with closing(sqlite3.connect(self.path, timeout=30)) as connection, connection:
            connection.execute(sql)

    async def answers(self, questions: Sequence[str]) -> list[bool]:
        return await asyncio.to_thread(self._answers, questions)

    def _answers(self, questions: Sequence[str]) -> list[bool]:
        with closing(sqlite3.connect(self.path, timeout=30)) as connection:
            rows = [connection.execute(question).fetchone() for question in questions]
        return [bool(row and row[0]) for row in rows]

    async def connections(self, *, busy: bool) -> int:
        """Nobody connects to a file."""
        return 0

    async def waiting(self) -> None:
        """A file does not tell who waits for it."""

    @asynccontextmanager
    async def outsider(self) -> AsyncIterator[Outsider]:
        with closing(sqlite3.connect(self.path, timeout=30, isolation_level=None)) as connection:
            connection.execute("begin immediate")
            try:
                yield _SqliteOutsider(connection)
            finally:
                connection.execute("rollback")


@dataclass(frozen=True)
class _SqliteOutsider:
    connection: sqlite3.Connection

    async def execute(self, sql: str) -> object:
        return self.connection.execute(sql).fetchall()
