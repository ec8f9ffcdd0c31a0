"""Which databases a service speaks to, by the URLs and drivers that stand in its files."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from async_db.modernizing.step import Step

DRIVERS = {"postgresql": "asyncpg", "sqlite": "aiosqlite", "mysql": "aiomysql"}
"""The distribution of the async driver of each."""
_WRITTEN = {
    "postgresql": re.compile(
        r"postgres(?:ql)?(?:\+psycopg2|\+asyncpg)?://|\bpsycopg2\b|\basyncpg\b"
    ),
    "sqlite": re.compile(r"sqlite(?:\+\w+)?:(?://|[\"'])|\baiosqlite\b"),
    "mysql": re.compile(r"mysql(?:\+\w+)?://|\bpymysql\b|\bmysqlclient\b|\baiomysql\b"),
}
_PSYCOPG = re.compile(r"postgresql\+psycopg(?:_async)?://|^[^#\n]*\bpsycopg\b(?!2)", re.MULTILINE)
_PSYCOPG2 = re.compile(r"\bpsycopg2(?:-binary)?\b|\bpsycopg2cffi\b")


@dataclass(frozen=True)
class Databases:
    """What a service connects to.

    Parameters:
        service: the databases of what serves.
        tests: those that only its tests use.
        psycopg: whether PostgreSQL is spoken to by psycopg 3, which serves both sides.
    """

    service: tuple[str, ...]
    tests: tuple[str, ...]
    psycopg: bool

    @property
    def all(self) -> tuple[str, ...]:
        return (*self.service, *self.tests)


def databases(step: Step) -> Databases:
    """Read which databases there are."""
    declared = list(step.project.configurations.values())
    serving = [each.text for each in step.service.modules]
    testing = [each.text for each in step.project.modules if each.is_test]
    psycopg = _any(_PSYCOPG, [*serving, *declared]) and not _any(_PSYCOPG2, [*serving, *declared])
    found = _found([*serving, *declared], psycopg=psycopg)
    others = _found(testing, psycopg=psycopg)
    return Databases(found, tuple(each for each in others if each not in found), psycopg)


def _found(texts: list[str], *, psycopg: bool) -> tuple[str, ...]:
    return tuple(
        name
        for name, written in _WRITTEN.items()
        if not (psycopg and name == "postgresql") and _any(written, texts)
    )


def _any(pattern: re.Pattern[str], texts: Iterable[str]) -> bool:
    return any(map(pattern.search, texts))
